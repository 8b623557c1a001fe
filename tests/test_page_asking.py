"""The page in a real browser: asking, what an answer shows, what an abstention shows."""

import pytest
from page_browser import site_over
from page_documents import page_answerer


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_over(page_answerer(tmp_path_factory.mktemp("index"))) as site:
        yield site


@pytest.fixture
def visit(site):
    with site.visit() as visit:
        yield visit


def test_an_answer_stands_marked_in_its_passage_with_how_sure_it_is(visit) -> None:
    visit.ask("How many were built in Peru?")
    answer = visit.page.locator(".answer")
    assert answer.locator(".text").inner_text() == "16"
    assert answer.locator(".sureness").inner_text() == "Very sure, 93%"
    assert answer.locator("blockquote mark").all_inner_texts() == ["16"]
    assert answer.locator("blockquote p").all_inner_texts() == [
        "Building",
        "The aircraft came in two lots. Four were built in Korea, while the other 16 were built "
        "in Peru. Some flew.",
    ]
    around = answer.locator(".around").all_text_contents()
    assert [text.strip() for text in around] == ["The aircraft came in two lots.", "Some flew."]


def test_an_answer_says_who_published_it_and_when_and_links_to_the_original(visit) -> None:
    visit.ask("How many were built in Peru?")
    caption = visit.page.locator(".answer figcaption")
    assert caption.locator("cite").inner_text() == "Aircraft in Peru"
    assert caption.locator(".byline").inner_text() == "Ministry of Defence, 14 June 2021"
    original = caption.get_by_role("link", name="Original")
    assert original.get_attribute("href").startswith("https://example.org/aircraft")


def test_other_documents_and_other_answers_stand_below(visit) -> None:
    visit.ask("How many were built in Peru?")
    parts = visit.page.locator(".list")
    headings = parts.locator("h2").all_inner_texts()
    assert headings == ["Other documents that say the same", "Other possible answers"]
    assert parts.nth(0).locator("cite").all_inner_texts() == ["Ships of Mexico"]
    assert parts.nth(1).locator(".lesser").all_inner_texts()[0] == "20"
    assert parts.nth(1).locator(".sureness").all_inner_texts()[0] == "Fairly sure, 80%"


def test_a_digest_is_shown_as_one_with_its_sources(visit) -> None:
    visit.page.goto("/?q=How+many+buses%3F&tag=korea-uzbekistan")
    digest = visit.page.locator(".answer .digest").first
    assert digest.locator("p").inner_text() == "Digest: facts retold in Attaché's own words, from"
    shown = digest.locator("> ul > li")
    assert shown.all_inner_texts() == [
        "First report, UzA, May 2023",
        "Second report, Yonhap",
        "Third report",
    ]
    assert shown.locator("a").get_attribute("href") == "https://example.org/first"
    assert not digest.get_by_text("Fourth report").is_visible()
    digest.get_by_text("and 1 more").click()
    assert digest.get_by_text("Fourth report").is_visible()


def test_an_abstention_shows_the_best_candidate_as_rejected_and_the_nearest_passages(visit) -> None:
    visit.page.goto("/?q=How+many+ships%3F&tag=rumour")
    abstention = visit.page.locator(".abstention")
    assert abstention.locator("h2").inner_text() == "The documents don't hold an answer."
    assert abstention.locator("h3").inner_text() == "Best candidate, rejected"
    assert abstention.locator(".lesser").inner_text() == "many"
    assert abstention.locator(".sureness").inner_text() == "Doubtful, 30%; an answer needs 50%"
    nearest = visit.page.locator(".list", has_text="Nearest passages")
    assert nearest.locator("blockquote").inner_text() == "Perhaps many ships were built somewhere."
    assert nearest.get_by_role("link", name="A rumour").count() == 1
    assert visit.page.locator(".answer").count() == 0


def test_without_a_candidate_an_abstention_says_why(visit) -> None:
    visit.page.goto("/?q=How+many%3F&to=1990")
    abstention = visit.page.locator(".abstention")
    reason = abstention.locator("p").inner_text()
    reply = visit.page.request.post(
        "/v1/ask", data={"question": "How many?", "filters": {"published_to": "1990"}}
    ).json()
    assert reason == reply["abstention"]["reason"]


def test_what_a_document_says_stays_text(visit) -> None:
    visit.page.goto("/?q=What+did+the+fleet+cost%3F&tag=signs")
    answer = visit.page.locator(".answer")
    assert answer.locator("cite").inner_text() == "<img src=x onerror=alert(1)> *& \\ {_}"
    assert "<script>alert(2)</script>" in answer.locator("blockquote").inner_text()
    assert visit.page.locator("main img, main b, main script").count() == 0


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
    visit.page.locator(".answer").wait_for()
    assert visit.page.get_by_role("status").inner_text() == "Answer: 16. Very sure, 93%."


def test_an_empty_question_is_not_asked(visit) -> None:
    visit.ask("   ")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    focused = visit.page.evaluate("document.activeElement.id")
    assert (focused, visit.page.locator(".answer, .abstention").count()) == ("question", 0)
    assert not any(url.endswith("/v1/ask") for url in visit.requested)


def test_an_example_is_asked_with_a_click_and_without_loading_the_page_again(visit) -> None:
    visit.page.goto("/")
    visit.page.evaluate("window.stillHere = true")
    visit.page.locator("#examples a").first.click()
    visit.page.locator(".answer, .abstention").wait_for()
    assert visit.page.evaluate("window.stillHere")
    question = visit.page.get_by_label("Your question").input_value()
    assert question == "What did South Korea set up for students at UNI in Peru?"
    assert not visit.page.locator("#examples").is_visible()


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
    assert answer.locator(".byline").inner_text() == "Ministry of Defence, 14 June 2021, p. 3"
    assert answer.locator(".copies").inner_text() == "Also in copy-a, copy-b"
    assert answer.get_by_role("link", name="copy-b").get_attribute("href") == "/documents/copy-b"
    original = answer.get_by_role("link", name="Original, at this place")
    assert original.get_attribute("href") == "https://example.org/aircraft#:~:text=16"
