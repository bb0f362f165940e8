"""The account feature over its collaborators."""

from dataclasses import dataclass
from random import Random

from core.dialogue.confirmation import Confirmations
from core.dialogue.feature import FeatureParts, Priority, Registered
from core.features.account.linking import LinkingAnswerer
from core.features.account.privacy import PrivacyAnswerer
from core.features.account.resume import ResumeAnswerer
from core.features.account.set_language import set_language
from core.learn.catalogue import Catalogue
from core.ports.messaging import Wake
from core.ports.person import LinkCodes, OtherConversations, People, PersonalRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeps:
    """`rng` makes link codes and must not be predictable."""

    links: LinkCodes
    people: People
    places: OtherConversations
    records: PersonalRecords
    catalogue: Catalogue
    confirmations: Confirmations
    wake: Wake
    rng: Random


def compose(deps: AccountDeps) -> FeatureParts:
    resume = ResumeAnswerer(places=deps.places, catalogue=deps.catalogue)
    linking = LinkingAnswerer(
        links=deps.links, people=deps.people, resuming=resume, confirmations=deps.confirmations, rng=deps.rng
    )
    privacy = PrivacyAnswerer(
        records=deps.records, people=deps.people, wake=deps.wake, confirmations=deps.confirmations
    )
    return FeatureParts(
        answerers=(
            Registered(answerer=linking, priority=Priority.PERSON),
            Registered(answerer=privacy, priority=Priority.PERSON),
            Registered(answerer=resume, priority=Priority.PERSON, intents=frozenset({"start", "continue"})),
        ),
        tools=(set_language,),
    )
