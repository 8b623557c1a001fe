"""The page for everybody: contrast in both schemes, phone width, the keyboard alone, names."""

import pytest
from page_browser import expect

ANSWER = "/?q=How+many+were+built+in+Peru%3F&tag=korea-peru&tag=korea-uzbekistan&country=PE"
ABSTENTION = "/?q=How+many%3F&tag=rumour"
VIEWS = ["/", ANSWER, ABSTENTION, "/?q=How+many%3F&from=x", "/documents/uzbekistan#c3-11"]
SCHEMES = ("light", "dark")

CONTRASTS = """
() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgba(getComputedStyle(node).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const seen = (node) => node.checkVisibility({ visibilityProperty: true });
  const found = [];
  for (const node of document.querySelectorAll("body, body *")) {
    if (!seen(node) || node.closest(".unseen")) continue;
    const style = getComputedStyle(node);
    const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (words || node.matches("input, select, textarea")) {
      const name = `${node.tagName}.${node.className} «${(node.textContent || node.id).slice(0, 30)}»`;
      found.push({ name, least: 4.5, colors: [rgba(style.color), behind(node)] });
    }
    if (node.matches(".ask, input:not([type=checkbox]), select, button, .choices span")) {
      const edge = style.borderTopStyle === "none" ? style.color : style.borderTopColor;
      found.push({ name: `edge of ${node.tagName}.${node.className}`, least: 3,
        colors: [rgba(edge), behind(node.parentElement)] });
    }
  }
  return found;
}
"""


def show(visit, view: str) -> None:
    """Open a view with its filters and everything that is folded."""
    visit.allow("422")
    visit.page.goto(view)
    if view != "/":
        shown = visit.page.locator(".answer, .abstention, #problem h2, article mark")
        expect(shown).to_be_visible()
    visit.page.evaluate(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )


def ratio(first: list[int], second: list[int]) -> float:
    """Return the WCAG contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: list[int]) -> float:
    parts = [part / 255 for part in color[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_computed_as_the_guidelines_do() -> None:
    assert ratio([0, 0, 0], [255, 255, 255]) == 21
    assert round(ratio([118, 118, 118], [255, 255, 255]), 2) == 4.54


@pytest.mark.parametrize("view", VIEWS)
def test_text_and_the_edges_of_controls_have_the_contrast_of_level_aa(visit, view) -> None:
    show(visit, view)
    visit.page.mouse.move(0, 0)
    for scheme in SCHEMES:
        visit.page.emulate_media(color_scheme=scheme)
        measured = visit.page.evaluate(CONTRASTS)
        assert len(measured) > 10
        low = {
            part["name"]: round(ratio(*part["colors"]), 2)
            for part in measured
            if ratio(*part["colors"]) < part["least"]
        }
        assert low == {}, scheme


def test_the_two_schemes_differ(visit) -> None:
    visit.page.goto("/")
    papers = set()
    for scheme in SCHEMES:
        visit.page.emulate_media(color_scheme=scheme)
        papers.add(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(papers) == 2


@pytest.mark.parametrize("view", VIEWS)
def test_on_a_phone_nothing_is_wider_than_the_screen(site, view) -> None:
    with site.visit(viewport={"width": 320, "height": 640}) as visit:
        show(visit, view)
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 320


def test_on_a_phone_a_word_without_end_is_broken(site) -> None:
    with site.visit(viewport={"width": 320, "height": 640}) as visit:
        visit.page.route(
            "**/v1/documents/*",
            lambda route: route.fulfill(json=route.fetch().json() | {"text": "x" * 3000}),
        )
        visit.page.goto("/documents/peru#c100-2000")
        expect(visit.page.locator("article mark")).to_be_visible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("view", VIEWS)
def test_every_control_has_a_name_and_every_id_is_there_once(visit, view) -> None:
    show(visit, view)
    kinds = "a, button, input, select, textarea, summary, progress"
    controls = visit.page.locator(f":is({kinds}):visible").all()
    assert len(controls) > 2
    for control in controls:
        snapshot = control.aria_snapshot()
        assert '"' in snapshot or ": " in snapshot, snapshot
    repeated = "all => { const ids = all.map((one) => one.id); return ids.filter((id, place) => ids.indexOf(id) !== place); }"
    assert visit.page.locator("[id]").evaluate_all(repeated) == []
    dangling = "all => all.flatMap((one) => (one.getAttribute('aria-describedby') ?? one.getAttribute('aria-labelledby')).split(' ')).filter((id) => !document.getElementById(id))"
    described = visit.page.locator("[aria-describedby], [aria-labelledby]")
    assert described.evaluate_all(dangling) == []


def test_the_headings_go_down_step_by_step(visit) -> None:
    show(visit, ABSTENTION)
    levels = visit.page.locator("h1, h2, h3").evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.tagName)"
    )
    assert levels == ["H1", "H2", "H3", "H2", "H2"]


def focused(visit) -> str:
    script = "(node => node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent)(document.activeElement)"
    return " ".join(visit.page.evaluate(script).split())


def test_the_keyboard_alone_asks_filters_opens_cites_and_comes_back(site) -> None:
    with site.visit(permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.page.goto("/")
        press = visit.page.keyboard.press
        expect(visit.page.get_by_label("Your question")).to_be_focused()
        visit.page.keyboard.type("How many were built in Peru?")
        press("Tab")
        assert focused(visit) == "Ask"
        press("Tab")
        assert focused(visit) == "Narrow the search"
        press("Enter")
        press("Tab")
        press("Tab")
        assert focused(visit) == "Korea and Peru"
        press("Space")
        press("Enter")
        expect(visit.page.locator(".answer")).to_be_visible()
        seen = []
        while "Cite" not in seen and len(seen) < 30:
            press("Tab")
            seen.append(focused(visit))
        assert seen[-3:] == ["Read it in the document", "Original, at this place", "Cite"] or (
            seen[-3:] == ["Read it in the document", "Original", "Cite"]
        )
        press("Enter")
        press("Tab")
        press("Enter")
        expect(visit.page.get_by_role("status")).to_have_text("Citation as text copied.")
        for _ in range(3):
            press("Shift+Tab")
        press("Enter")
        expect(visit.page.locator("article mark")).to_have_text("16")
        expect(visit.page.locator("article mark")).to_be_focused()


def test_what_has_the_focus_is_seen_to_have_it(visit) -> None:
    show(visit, ANSWER)
    for _ in range(14):
        visit.page.keyboard.press("Tab")
        outlines = visit.page.evaluate(
            "[document.activeElement, document.activeElement.nextElementSibling,"
            " document.activeElement.closest('.ask')].filter(Boolean)"
            ".map((node) => getComputedStyle(node).outlineStyle)"
        )
        assert "solid" in outlines, focused(visit)
