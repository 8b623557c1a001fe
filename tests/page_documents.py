"""The documents and answers that the tests of the page ask about; all can be checked by hand."""

from pathlib import Path

from conftest import answerer_over

from service.answerer import Answerer

PERU = """---
title: Aircraft in Peru
publisher: Ministry of Defence
published: 2021-06-14
url: https://example.org/aircraft
countries: [PE]
tags: [korea-peru]
---
## Building

The aircraft came in two lots. Four were built in Korea, while the other 16 were built in Peru. Some flew."""

UZBEKISTAN = """---
title: Buses in Tashkent
kind: digest
publisher: Attaché
published: 2023
countries: [UZ]
tags: [korea-uzbekistan]
sources:
  - {title: First report, publisher: UzA, published: 2023-05, url: "https://example.org/first"}
  - {title: Second report, publisher: Yonhap}
  - {title: Third report}
  - {title: Fourth report}
---
In Tashkent 20 buses were built."""

MEXICO = """---
title: Ships of Mexico
countries: [MX]
tags: [korea-lac]
published: 2019-03
---
Ships were built in Mexico: 16 of them."""

RUMOUR = """---
title: A rumour
tags: [rumour]
---
Perhaps many ships were built somewhere."""

SIGNS = """---
title: "<img src=x onerror=alert(1)> *& \\\\ {_}"
tags: [signs]
---
<b>The fleet</b> of 👩‍🚀𠮷野 cost 𝟗𝟗 e\u0301cus 🎉 & more <script>alert(2)</script>, they say."""

DOCUMENTS = {
    "peru": PERU,
    "uzbekistan": UZBEKISTAN,
    "mexico": MEXICO,
    "rumour": RUMOUR,
    "signs": SIGNS,
}
ANSWERS = {"16": 0.93, "20": 0.8, "many": 0.3, "𝟗𝟗 e\u0301cus 🎉": 0.7}
"""What the reader finds, and how sure it is; from 0.5 on it answers."""


def page_answerer(folder: Path) -> Answerer:
    """Open an answerer over these documents."""
    return answerer_over(folder, DOCUMENTS, ANSWERS)
