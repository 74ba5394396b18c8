"""The site as people use it: search, filter, read, make an alert, confirm, unsubscribe, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demonstration

pytestmark = pytest.mark.browser
ROADS = "/notices/be_bda:00000000-0000-4000-8000-000000000101"


def search(page: Page, words: str) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Chercher").click()


def make_alert(page: Page, site: Demonstration, words: str, email: str) -> None:
    """From a search to the request for confirmation in the mailbox."""
    search(page, words)
    page.get_by_role("link", name="Créer une alerte").click()
    page.get_by_label("Adresse de courriel").fill(email)
    page.get_by_label("Heure").select_option("8")
    page.get_by_role("button", name="Créer l'alerte").click()
    expect(page.get_by_role("heading", name="Alerte enregistrée")).to_be_visible()
    site.deliver()


def open_mail(page: Page, email: str, subject: re.Pattern[str]) -> None:
    page.goto("/mailbox")
    page.locator("a.card").filter(has_text=email).filter(has_text=subject).first.click()


def follow(page: Page, path: str) -> None:
    """Follow the first link of the text part to a path of the site."""
    page.locator(f'pre a[href*="{path}"]').first.evaluate("link => link.removeAttribute('target')")
    page.locator(f'pre a[href*="{path}"]').first.click()


def test_a_person_searches_filters_and_reads_a_notice(page: Page) -> None:
    search(page, "voirie")
    expect(page.locator("mark").first).to_have_text("voirie")
    page.get_by_role("link", name=re.compile("^Travaux")).click()
    expect(page.get_by_text("Nature : Travaux")).to_be_visible()
    assert "natures=works" in page.url
    page.get_by_role("link", name=re.compile("Réfection de la voirie")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Réfection de la voirie communale")
    page.get_by_role("link", name="Nederlands").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Herstelling van de gemeentewegen")


def test_removing_the_last_filter_leads_back_to_more_results(page: Page) -> None:
    page.goto("/?text=mobilier&natures=supplies&kinds=competition")
    page.get_by_role("link", name="Retirer le filtre Nature : Fournitures").click()
    expect(page.get_by_text("Nature : Fournitures")).to_have_count(0)
    assert "kinds=competition" in page.url


def test_an_alert_is_made_confirmed_and_stopped(page: Page, demonstration: Demonstration) -> None:
    email = "anne@entreprise.example"
    make_alert(page, demonstration, "voirie", email)
    open_mail(page, email, re.compile("confirmez"))
    follow(page, "/alerts/confirm/")
    page.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_role("heading", name="Adresse confirmée")).to_be_visible()
    demonstration.deliver()
    open_mail(page, email, re.compile("voirie|avis", re.IGNORECASE))
    expect(page.get_by_text("List-Unsubscribe=One-Click")).to_be_visible()
    expect(page.frame_locator("iframe.mail").get_by_text(re.compile("voirie")).first).to_be_visible()
    follow(page, "/digests/")
    expect(page.get_by_role("link", name="Réfection de la voirie communale")).to_be_visible()
    page.get_by_role("link", name="Mes alertes").click()
    expect(page.get_by_role("heading", name="voirie active")).to_be_visible()
    page.get_by_role("button", name="Mettre en pause").click()
    expect(page.get_by_text("en pause")).to_be_visible()
    open_mail(page, email, re.compile("voirie|avis", re.IGNORECASE))
    follow(page, "/alerts/unsubscribe/")
    page.get_by_role("button", name="Me désinscrire").click()
    expect(page.get_by_text("vous ne recevrez plus ces messages")).to_be_visible()


def test_a_link_of_a_mail_opens_the_notice_in_a_new_tab(page: Page, demonstration: Demonstration) -> None:
    email = "luc@entreprise.example"
    make_alert(page, demonstration, "mobilier", email)
    open_mail(page, email, re.compile("confirmez"))
    with page.expect_popup() as opened:
        page.frame_locator("iframe.mail").locator('a[href*="/alerts/confirm/"]').first.click()
    expect(opened.value.get_by_role("button", name="Confirmer")).to_be_visible()


def test_everything_works_without_javascript(scriptless: Page) -> None:
    search(scriptless, "voirie")
    expect(scriptless.get_by_role("heading", name="1 avis", exact=True)).to_be_visible()
    scriptless.get_by_role("link", name=re.compile("^Travaux")).click()
    expect(scriptless.get_by_text("Nature : Travaux")).to_be_visible()


def test_the_search_box_is_reached_by_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/?text=voirie", "/sources", "/mailbox", "/profiles/new?text=voirie", ROADS])
def test_no_page_is_wider_than_a_small_screen(phone: Page, path: str) -> None:
    phone.goto(path)
    assert phone.evaluate("document.documentElement.scrollWidth") == 360


def test_on_a_phone_the_filters_are_folded_until_asked_for(phone: Page) -> None:
    phone.goto("/?version=1")
    choice = phone.get_by_role("link", name=re.compile("^Travaux"))
    expect(choice).to_be_hidden()
    phone.locator("details.facets > summary").click()
    choice.click()
    expect(phone.get_by_text("Nature : Travaux")).to_be_visible()


def test_every_field_of_a_form_has_a_name_for_those_who_do_not_see_it(page: Page) -> None:
    for path in ("/", "/profiles/new?text=voirie"):
        page.goto(path)
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(field => !field.labels.length && !field.getAttribute('aria-label')).map(field => field.name)"
        )
        assert unnamed == []


@pytest.mark.parametrize("path", ["/", "/sources", ROADS, "/profiles/new?text=voirie"])
def test_texts_stand_out_from_what_is_behind_them(page: Page, path: str) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.1, 1.4.3) wherever text has a plain colour behind it."""
    page.goto(path)
    assert page.evaluate(_CONTRAST) == []


_CONTRAST = """
() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) => { const v = value / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      const found = numbers(style.backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const weak = [];
  document.querySelectorAll("body *").forEach((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length) return;
    const back = behind(element);
    if (!back) return;
    const [one, two] = [light(numbers(getComputedStyle(element).color)), light(back)].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (two + 0.05);
    if (contrast < 4.5) weak.push(element.textContent.trim().slice(0, 40) + " " + contrast.toFixed(2));
  });
  return weak;
}
"""
