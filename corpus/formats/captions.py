"""What a caption begins with, in the languages of the collection."""

import re

_WORDS = (
    r"figure|fig\.?|table|tab\.|chart|graph|box|map|photo|exhibit"
    r"|figura|gráfico|grafico|tabla|cuadro|ilustración|mapa|foto|tabela|quadro"
    r"|рисунок|рис\.?|таблица|табл\.?|график|диаграмма|карта|фото"
    r"|그림|표|도표|사진|지도"
)
_NUMBER = r"(?:[A-Z]\.?)?(?:\d{1,3}(?:[.\-]\d{1,3})*|[IVX]{1,6})[a-z]?"
_CAPTION = re.compile(rf"[<\[(【]?(?:{_WORDS})\s?{_NUMBER}(?!\w)", re.IGNORECASE)
_STRICT = re.compile(rf"[<\[(【]?(?:{_WORDS})\s?{_NUMBER}\s?[.:)\]】>|—–](?!\d)", re.IGNORECASE)
_GOES_ON = re.compile(r"\s+\(?[a-zа-яё]")
_LIMIT = 500


def is_caption(text: str, *, strictly: bool = False) -> bool:
    """Tell whether a text is a caption; «Table 2 shows …» is a sentence.

    strictly: a stop must follow the number, because the text may stand inside a paragraph.
    """
    if len(text) > _LIMIT:
        return False
    if _STRICT.match(text):
        return True
    found = None if strictly else _CAPTION.match(text)
    return found is not None and _GOES_ON.match(text, found.end()) is None
