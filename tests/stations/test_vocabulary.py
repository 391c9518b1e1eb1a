from __future__ import annotations

from typing import get_args

import pytest

from stations import model, vocabulary
from stations.vocabulary import LISTS, PRIVATE_FIELDS, code_of, fold, label

LITERALS = {
    "kind": vocabulary.Kind,
    "services": vocabulary.Kind,
    "status": vocabulary.Status,
    "access": vocabulary.AccessMode,
    "facilities": vocabulary.Facility,
    "serves": vocabulary.Serves,
    "host_kind": vocabulary.HostKind,
    "build_mode": vocabulary.BuildMode,
    "problem": vocabulary.Problem,
    "task_state": vocabulary.TaskState,
}


@pytest.mark.parametrize("name", LITERALS)
def test_each_table_has_the_codes_of_its_type_in_order(name: str) -> None:
    """What the record allows is what people can read, pick and import."""
    assert tuple(term.code for term in LISTS[name]) == get_args(LITERALS[name])


def test_every_field_of_the_record_has_a_label() -> None:
    """And no label stands for a field that there is not."""
    fields = [term.code for term in LISTS["field"]]
    assert len(fields) == len(set(fields))
    assert set(fields) == {"id", "lon", "lat", "position", *model.Properties.__struct_fields__}
    assert set(PRIVATE_FIELDS) <= set(fields)


@pytest.mark.parametrize("name", LISTS)
def test_no_word_means_two_things_in_one_list(name: str) -> None:
    """Folded as sheets are read; and no term lists a word twice."""
    seen: dict[str, str] = {}
    for term in LISTS[name]:
        words = [fold(word) for word in (term.zh, term.en, *term.synonyms)]
        assert all(words)
        assert len(term.synonyms) == len({fold(word) for word in term.synonyms}), term
        for word in {fold(term.code), *words}:
            assert seen.setdefault(word, term.code) == term.code, word


@pytest.mark.parametrize("name", LISTS)
def test_every_word_leads_to_its_code(name: str) -> None:
    """Labels, synonyms and codes, full width, capitals and with spaces."""
    for term in LISTS[name]:
        for word in (term.code, term.zh, term.en, *term.synonyms):
            wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)
            for written in (word, word.upper(), f" {word} ", wide):
                assert code_of(name, written) == term.code


def test_words_of_no_list_have_no_code() -> None:
    """Nothing is guessed from likeness."""
    assert code_of("facilities", "饮水机旁的椅子") is None
    assert code_of("kind", "") is None


def test_labels_fall_back_to_the_code() -> None:
    """An unknown code is shown as it is; any English is English, any other tongue Chinese."""
    assert label("kind", "rider_home") == "骑手之家"
    assert label("kind", "rider_home", "en-GB") == "Rider home"
    assert label("kind", "rider_home", "fr") == "骑手之家"
    assert label("kind", "spaceport", "en") == "spaceport"
