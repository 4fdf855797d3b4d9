"""From "it does not work" to "it works": an employee, two technicians, and what each of them may see."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter

SECRET = "the canary is under the doormat"
PASTE = """async () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 40;
    const picture = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    const carried = new DataTransfer();
    carried.items.add(new File([picture], 'image.png', {type: 'image/png'}));
    document.querySelector('textarea[name=body]').dispatchEvent(
        new ClipboardEvent('paste', {clipboardData: carried, bubbles: true, cancelable: true}));
}"""


def report(page: Page, title: str) -> str:
    """Send the report form with a pasted picture; return the number of the request."""
    page.get_by_label("What is wrong, in a few words?").fill(title)
    page.get_by_label("What happens, and since when?").fill("It went dark in the middle of a call.")
    page.get_by_text("I cannot work").click()
    page.evaluate(PASTE)
    expect(page.locator("[data-drop-list]")).to_contain_text("screenshot-")
    page.get_by_role("button", name="Send it to us").click()
    page.wait_for_url(re.compile(r"/requests/\d+"))
    return page.url.rpartition("/")[2]


def set_state(page: Page, words: str) -> None:
    """Change the state of the ticket on this page."""
    page.locator(".state-menu > summary").click()
    page.locator(".state-menu").get_by_role("button", name=words, exact=True).click()


def test_a_report_from_first_to_last_word(enter: Enter) -> None:
    amelie, tomas = enter("amelie"), enter("tomas")
    page = amelie.open("/report")
    expect(page.get_by_role("radio", name=re.compile("lt-amelie"))).to_be_checked()
    number = report(page, "Screen goes dark in calls")
    expect(page.get_by_role("heading", name="Screen goes dark in calls")).to_be_visible()
    expect(page.locator("#request_conversation")).to_contain_text("It went dark in the middle of a call.")
    expect(page.locator("#request_conversation").get_by_role("link", name=re.compile("screenshot-"))).to_be_visible()
    expect(page.locator("body")).to_contain_text("lt-amelie")
    expect(amelie.open("/requests").locator("main")).to_contain_text("Screen goes dark in calls")

    desk = tomas.open("/tickets")
    desk.get_by_role("link", name="Screen goes dark in calls").click()
    desk.wait_for_url(re.compile(f"/tickets/{number}"))
    expect(desk.locator(".rail")).to_contain_text("PF4KX1ML")
    desk.get_by_role("button", name="Take", exact=True).click()
    expect(desk.locator("#ticket_conversation")).to_contain_text("Tomas Berg took the ticket")
    desk.get_by_label("Your reply").fill("Does it also happen on battery?")
    desk.get_by_role("button", name="Reply to Amelie").click()
    expect(desk.locator("#ticket_conversation")).to_contain_text("Does it also happen on battery?")
    desk.locator(".composer-note summary").click()
    desk.get_by_label("Your internal note").fill(SECRET)
    desk.get_by_role("button", name="Add internal note").click()
    expect(desk.locator("#ticket_conversation")).to_contain_text(SECRET)

    expect(amelie.open(f"/requests/{number}").locator("main")).to_contain_text("Does it also happen on battery?")
    assert SECRET not in page.content()

    mails = tomas.open("/demo/mail")
    answer = mails.get_by_role("row").filter(has_text=f"[#{number}]").filter(has_text="amelie@larkspur.example")
    answer.first.get_by_role("link").click()
    expect(mails.locator("main")).to_contain_text("Does it also happen on battery?")
    assert SECRET not in mails.content()

    set_state(tomas.open(f"/tickets/{number}"), "Resolved")
    expect(desk.locator(".ticket-line")).to_contain_text("Resolved")
    page = amelie.open(f"/requests/{number}")
    expect(page.locator("#request_state")).to_contain_text("We think it is solved.")
    page.get_by_role("button", name="No, not yet").click()
    expect(page.locator("#request_state")).not_to_contain_text("We think it is solved.")
    desk = tomas.open(f"/tickets/{number}")
    expect(desk.locator(".ticket-line")).to_contain_text("In progress")
    desk.get_by_role("button", name="Wait for Amelie").click()
    expect(desk.locator(".ticket-line")).to_contain_text("waiting for the requester")
    desk.keyboard.press("s")
    expect(desk.locator(".state-menu .menu-item").first).to_be_focused()
    desk.keyboard.press("Escape")
    desk.get_by_label("Your reply").fill("This driver is the right one.")
    desk.locator(".composer-reply .composer-send summary").click()
    desk.locator(".composer-reply").get_by_role("button", name="Resolve", exact=True).click()
    expect(desk.locator("#ticket_conversation")).to_contain_text("This driver is the right one.")
    expect(desk.locator(".ticket-line")).to_contain_text("Resolved")
    set_state(desk, "Closed")
    expect(desk.locator(".ticket-line")).to_contain_text("Closed")
    expect(amelie.open(f"/requests/{number}").locator("#request_state")).not_to_contain_text("We think")
    assert SECRET not in page.content()


def test_two_technicians_change_the_same_facts_and_nothing_is_overwritten(enter: Enter) -> None:
    tomas, priya = enter("tomas"), enter("priya")
    first, second = tomas.open("/tickets/1004/facts"), priya.open("/tickets/1004/facts")
    for page, title in ((first, "More room for the catalogue"), (second, "Design share is full")):
        page.get_by_label("Title").fill(title)
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("heading", name="More room for the catalogue")).to_be_visible()
    second.get_by_role("button", name="Save").click()
    conflict = second.locator(".conflict")
    expect(conflict).to_contain_text("Tomas Berg saved this before you")
    expect(conflict).to_contain_text("More room for the catalogue")
    expect(conflict).to_contain_text("Design share is full")
    expect(tomas.open("/tickets/1004").locator("h1")).to_contain_text("More room for the catalogue")
    conflict.get_by_role("radio", name=re.compile("Design share is full")).check()
    second.get_by_role("button", name="Save what I chose").click()
    expect(second.get_by_role("heading", name="Design share is full")).to_be_visible()
    expect(tomas.open("/tickets/1004").locator("h1")).to_contain_text("Design share is full")


def test_what_matters_works_without_script(enter: Enter) -> None:
    bashir, priya = enter("bashir", java_script_enabled=False), enter("priya", java_script_enabled=False)
    page = bashir.open("/report")
    page.get_by_label("What is wrong, in a few words?").fill("Mouse double-clicks")
    page.get_by_label("What happens, and since when?").fill("Since the desk was moved.")
    page.get_by_role("button", name="Send it to us").click()
    page.wait_for_url(re.compile(r"/requests/\d+"))
    number = page.url.rpartition("/")[2]
    desk = priya.open(f"/tickets/{number}")
    desk.get_by_role("button", name="Take", exact=True).click()
    desk.get_by_label("Your reply").fill("A new one is on its way.")
    desk.get_by_role("button", name="Reply to Bashir").click()
    expect(desk.locator("#ticket_conversation")).to_contain_text("A new one is on its way.")
    set_state(desk, "for a supplier")
    expect(desk.locator(".ticket-line")).to_contain_text("waiting for a supplier")
    page = bashir.open(f"/requests/{number}")
    expect(page.locator("#request_conversation")).to_contain_text("A new one is on its way.")
    page.get_by_label("Write back").fill("It came. Thank you.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#request_conversation")).to_contain_text("It came. Thank you.")


def test_the_keyboard_is_enough_at_the_desk(enter: Enter) -> None:
    page = enter("tomas").open("/tickets")
    titles = page.locator("[data-row] [data-open]").all_inner_texts()
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    expect(page.locator("[data-row].is-current [data-open]")).to_have_text(titles[1])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tickets/\d+"))
    expect(page.locator("h1")).to_contain_text(titles[1])
    page.keyboard.press("r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type("Written without a mouse.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#ticket_conversation")).to_contain_text("Written without a mouse.")
    page.keyboard.press("n")
    expect(page.get_by_label("Your internal note")).to_be_focused()


def test_on_a_wide_screen_tickets_open_beside_the_queue(enter: Enter) -> None:
    tomas = enter("tomas", viewport={"width": 1440, "height": 900})
    page = tomas.open("/tickets?state=all")
    page.evaluate("window.never_reloaded = true")
    titles = page.locator("[data-row] [data-open]").all_inner_texts()
    numbers = [row.removeprefix("ticket-") for row in page.locator("[data-row]").evaluate_all("a => a.map(r => r.id)")]
    pane = page.locator("#ticket_beside")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(pane.get_by_role("heading", level=1)).to_contain_text(titles[0])
    assert page.url == f"{tomas.address}/tickets/{numbers[0]}"
    page.keyboard.press("j")
    expect(pane.get_by_role("heading", level=1)).to_contain_text(titles[1])
    assert page.url == f"{tomas.address}/tickets/{numbers[1]}"
    page.keyboard.press("n")
    expect(pane.get_by_label("Your internal note")).to_be_focused()
    page.keyboard.type("Seen from the list.")
    page.keyboard.press("Control+Enter")
    expect(pane.locator("#ticket_conversation")).to_contain_text("Seen from the list.")
    expect(page.locator("[data-row].is-current [data-open]")).to_have_text(titles[1])
    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    expect(page.locator("[data-row].is-current [data-open]")).to_be_focused()
    assert page.url == f"{tomas.address}/tickets?state=all"
    page.go_forward()
    expect(pane.get_by_role("heading", level=1)).to_contain_text(titles[1])
    page.go_back()
    expect(pane).to_be_hidden()
    assert page.evaluate("window.never_reloaded") is True
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("link", name=titles[0]).click()
    page.wait_for_url(f"**/tickets/{numbers[0]}")
    expect(page.locator("#ticket_beside")).to_have_count(0)


def test_a_scanned_label_leads_to_a_report_about_that_device(enter: Enter) -> None:
    page = enter("bashir", viewport={"width": 360, "height": 740}).open("/a/LAP-00002")
    expect(page.locator("main")).to_contain_text("This is yours.")
    page.get_by_role("link", name="Report a problem with this").click()
    page.wait_for_url("**/report?asset=LAP-00002")
    expect(page.get_by_role("radio", name=re.compile("lt-bashir"))).to_be_checked()
