from pathlib import Path

import pytest

from bench.retrieval import FLOORS
from bench.retrieval_sets import LARGE, SMALL, find_sets
from bench.search import mixed, windows


def large_sets(folder: Path) -> Path:
    for name in LARGE:
        (folder / name).mkdir(parents=True)
        (folder / name / "corpus.jsonl").write_text('{"id": "1", "text": "toki"}\n')
    return folder


def test_the_chosen_folder_comes_first(tmp_path: Path) -> None:
    chosen, beside = large_sets(tmp_path / "chosen"), large_sets(tmp_path / "beside")
    assert find_sets(str(chosen), beside=beside).folder == chosen


def test_the_folder_beside_the_project_comes_second(tmp_path: Path) -> None:
    found = find_sets("", beside=large_sets(tmp_path / "beside"))
    assert (found.folder, found.names) == (tmp_path / "beside", LARGE)
    assert found.skipped("large sets") == []


def test_the_shipped_set_comes_last_and_says_how_to_get_the_large_ones(tmp_path: Path) -> None:
    found = find_sets("", beside=tmp_path)
    assert found.names == SMALL
    [skipped] = found.skipped("large sets")
    assert "SONA_BENCH_RETRIEVAL" in skipped.remedy


def test_a_chosen_folder_without_the_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="cranfield"):
        find_sets(str(tmp_path), beside=large_sets(tmp_path / "beside"))


def test_every_judgement_of_the_shipped_set_names_a_question_and_a_passage(tmp_path: Path) -> None:
    for shipped in find_sets("", beside=tmp_path).read():
        assert shipped.grades.keys() == shipped.queries.keys()
        assert {document for grades in shipped.grades.values() for document in grades} <= shipped.documents.keys()


def test_every_set_has_a_floor() -> None:
    assert set(FLOORS) == {*LARGE, *SMALL}


def test_windows_and_mixtures_repeat_nothing() -> None:
    texts = [" ".join(f"{place}-{number}." for number in range(60)) for place in range(5)]
    for made in (windows(texts, 40), mixed(texts, 400)):
        assert len(made) == len(set(made)) in (40, 400)
