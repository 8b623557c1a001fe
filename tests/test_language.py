"""Which language a text is in, where nobody said so."""

import pytest

from corpus.document import is_language
from corpus.language import _identifier, detect_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Korea signed an agreement with Peru about trade in aircraft.", "en"),
        ("El presidente dijo que las empresas coreanas invertirán más en nuestro país.", "es"),
        ("한국은 페루와 무역 협정을 맺었다.", "ko"),
        ("Президент заявил, что корейские компании будут больше вкладывать в нашу страну.", "ru"),
        ("1234 5678", None),
        ("KT-1P", None),
    ],
)
def test_a_plain_text_is_recognised_and_a_doubtful_one_is_left_open(text, code):
    assert detect_language(text) == code


def test_every_code_it_can_give_is_one_that_documents_take():
    assert [code for code in _identifier().nb_classes if not is_language(code)] == []
