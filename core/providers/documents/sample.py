"""What is known of a source before it is read: its bytes and what others said of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`mime`, `name` and `link` are hints and may be empty or wrong."""

    data: bytes
    mime: str = ""
    name: str = ""
    link: str = ""

    @property
    def kind(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.mime.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The charset in the media type, or empty."""
        for part in self.mime.split(";")[1:]:
            key, _, value = part.partition("=")
            if key.strip().lower() == "charset":
                return value.strip().strip("\"'").lower()
        return ""

    def called(self, *endings: str) -> bool:
        """Whether the name, or the last part of the link, ends like this."""
        path = self.link.partition("?")[0].partition("#")[0]
        return self.name.lower().endswith(endings) or path.lower().endswith(endings)
