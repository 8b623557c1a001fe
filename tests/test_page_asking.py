"""The page in a real browser: asking, what an answer shows, what an abstention shows."""

from page_browser import expect


def test_an_answer_stands_marked_in_its_passage_with_how_sure_it_is(visit) -> None:
    visit.ask("How many were built in Peru?")
    answer = visit.page.locator(".answer")
    expect(answer.locator(".text")).to_have_text("16")
    expect(answer.locator(".sureness")).to_have_text("Very sure, 93%")
    expect(answer.locator("blockquote mark")).to_have_text(["16"])
    expect(answer.locator("blockquote p")).to_have_text([
        "Building",
        "The aircraft came in two lots. Four were built in Korea, while the other 16 were built "
        "in Peru. Some flew.",
    ])  # fmt: skip
    expect(answer.locator(".around")).to_have_text(["The aircraft came in two lots.", "Some flew."])


def test_an_answer_says_who_published_it_and_when_and_links_to_the_original(visit) -> None:
    visit.ask("How many were built in Peru?")
    caption = visit.page.locator(".answer figcaption")
    expect(caption.locator("cite")).to_have_text("Aircraft in Peru")
    expect(caption.locator(".byline")).to_have_text("Ministry of Defence, 14 June 2021")
    original = caption.get_by_role("link", name="Original")
    assert original.get_attribute("href").startswith("https://example.org/aircraft")


def test_other_documents_and_other_answers_stand_below(visit) -> None:
    visit.ask("How many were built in Peru?")
    parts = visit.page.locator(".list")
    expect(parts.locator("h2")).to_have_text(
        ["Other documents that say the same", "Other possible answers"]
    )
    expect(parts.nth(0).locator("cite")).to_have_text(["Ships of Mexico"])
    expect(parts.nth(1).locator(".lesser").first).to_have_text("20")
    expect(parts.nth(1).locator(".sureness").first).to_have_text("Fairly sure, 80%")


def test_a_digest_is_shown_as_one_with_its_sources(visit) -> None:
    visit.page.goto("/?q=How+many+buses%3F&tag=korea-uzbekistan")
    digest = visit.page.locator(".answer .digest").first
    expect(digest.locator("> p")).to_have_text("Digest: facts retold in Attaché's own words, from")
    shown = digest.locator("> ul > li")
    expect(shown).to_have_text(
        ["First report, UzA, May 2023", "Second report, Yonhap", "Third report"]
    )
    expect(shown.locator("a")).to_have_attribute("href", "https://example.org/first")
    fourth = digest.get_by_text("Fourth report")
    expect(fourth).to_be_attached()
    expect(fourth).to_be_hidden()
    digest.get_by_text("and 1 more").click()
    expect(fourth).to_be_visible()


def test_an_abstention_shows_the_best_candidate_as_rejected_and_the_nearest_passages(visit) -> None:
    visit.page.goto("/?q=How+many+ships%3F&tag=rumour")
    abstention = visit.page.locator(".abstention")
    expect(abstention.locator("h2")).to_have_text("No answer was found in the documents.")
    expect(abstention.locator("h3")).to_have_text("Best candidate, rejected")
    expect(abstention.locator(".lesser")).to_have_text("many")
    expect(abstention.locator(".sureness")).to_have_text("Doubtful, 30%; an answer needs 50%")
    nearest = visit.page.locator(".list", has_text="Nearest passages")
    expect(nearest.locator("blockquote")).to_have_text("Perhaps many ships were built somewhere.")
    expect(nearest.get_by_role("link", name="A rumour")).to_have_count(1)
    expect(visit.page.locator(".answer")).to_have_count(0)


def rejected(visit, least: float) -> list[str]:
    """The parts that the page shows of a reply whose candidate, 93 % sure, is not sure enough."""
    asked = {"question": "How many were built in Peru?", "min_confidence": least}
    reply = visit.page.request.post("/v1/ask", data=asked).json()
    script = """reply => import('/assets/reply.js').then(
        ({ replyParts }) => replyParts(reply).map((part) => part.textContent))"""
    return visit.page.evaluate(script, reply)


def test_a_rejected_candidate_never_seems_sure_enough(visit) -> None:
    visit.page.goto("/")
    assert "Not sure enough, 93%; an answer needs 94%" in rejected(visit, 0.932)[0]
    assert "Not sure enough, 93%; an answer needs 95%" in rejected(visit, 0.95)[0]


def test_candidates_that_are_next_to_impossible_are_not_shown(visit) -> None:
    visit.page.goto("/")
    reply = visit.page.request.post("/v1/ask", data={"question": "How many were built?"}).json()
    script = """reply => import('/assets/reply.js').then(
        ({ replyParts }) => replyParts(reply).map((part) => part.textContent).join("\\n"))"""
    assert "Other possible answers" in visit.page.evaluate(script, reply)
    for other in reply["alternatives"]:
        other["confidence"] = 0.0099
    assert "Other possible answers" not in visit.page.evaluate(script, reply)


def test_without_a_candidate_an_abstention_says_why(visit) -> None:
    visit.page.goto("/?q=How+many%3F&to=1990")
    reply = visit.page.request.post(
        "/v1/ask", data={"question": "How many?", "filters": {"published_to": "1990"}}
    ).json()
    reason = reply["abstention"]["reason"]
    expect(visit.page.locator(".abstention p")).to_have_text(reason)


def test_what_a_document_says_stays_text(visit) -> None:
    visit.page.goto("/?q=What+did+the+fleet+cost%3F&tag=signs")
    answer = visit.page.locator(".answer")
    expect(answer.locator("cite")).to_have_text("<img src=x onerror=alert(1)> *& \\ {_}")
    expect(answer.locator("blockquote")).to_contain_text("<script>alert(2)</script>")
    expect(visit.page.locator("main img, main b, main script")).to_have_count(0)


def test_the_mark_is_exact_where_characters_take_two_units(visit) -> None:
    visit.page.goto("/?q=What+did+the+fleet+cost%3F&tag=signs")
    quote = visit.page.locator(".answer blockquote p").last
    assert quote.text_content() == (
        "<b>The fleet</b> of 👩‍🚀𠮷野 cost 𝟗𝟗 e\u0301cus 🎉 & more <script>alert(2)</script>, "
        "they say."
    )
    assert quote.locator("mark").text_content() == "𝟗𝟗 e\u0301cus 🎉"


def test_the_answer_is_told_to_those_who_hear_the_page(visit) -> None:
    visit.ask("How many were built in Peru?")
    expect(visit.page.get_by_role("status")).to_have_text("Answer: 16. Very sure, 93%.")


def test_an_empty_question_is_not_asked(visit) -> None:
    visit.ask("   ")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expect(visit.page.get_by_label("Your question")).to_be_focused()
    visit.ask_here("How many were built in Peru?")
    expect(visit.page.locator(".answer")).to_be_visible()
    assert visit.asked() == 1


def test_an_example_is_asked_with_a_click_and_without_loading_the_page_again(visit) -> None:
    visit.page.goto("/")
    visit.page.evaluate("window.stillHere = true")
    visit.page.locator("#examples a").first.click()
    expect(visit.page.locator(".answer, .abstention")).to_be_visible()
    assert visit.page.evaluate("window.stillHere")
    expect(visit.page.get_by_label("Your question")).to_have_value(
        "What did South Korea set up for students at UNI in Peru?"
    )
    expect(visit.page.locator("#examples")).to_be_hidden()


def test_copies_the_page_and_the_place_in_the_original_are_shown_where_a_reply_has_them(
    visit,
) -> None:
    def with_more(route) -> None:
        reply = route.fetch().json()
        reply["answer"]["citation"] |= {
            "page": 3,
            "copies": ["copy-a", "copy-b"],
            "source_link": "https://example.org/aircraft#:~:text=16",
        }
        route.fulfill(json=reply)

    visit.page.route("**/v1/ask", with_more)
    visit.ask("How many were built in Peru?")
    answer = visit.page.locator(".answer")
    expect(answer.locator(".byline")).to_have_text("Ministry of Defence, 14 June 2021, p. 3")
    expect(answer.locator(".copies")).to_have_text("Also in copy-a, copy-b")
    copy = answer.get_by_role("link", name="copy-b")
    expect(copy).to_have_attribute("href", "/documents/copy-b")
    original = answer.get_by_role("link", name="Original, at this place")
    expect(original).to_have_attribute("href", "https://example.org/aircraft#:~:text=16")
