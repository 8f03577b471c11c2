"""The report in a real Chromium: what is on it, filter and keyboard, light and dark, print, and what axe-core says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from browser import chromium, chromium_arguments
from playwright.sync_api import Browser, Page, sync_playwright
from sample_evidence import audited, proved

from tfproof.report.formats import render
from tfproof.report.model import schema

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on PATH, and Playwright could not install one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium_arguments())
        yield started
        started.close()


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("evidence")
    return {kind.__name__: kind(folder, pytestconfig.rootpath) for kind in (audited, proved)}


@pytest.fixture
def show(browser: Browser, evidence: dict[str, dict[str, Any]], tmp_path: Path) -> Iterator[Open]:
    """Opens a report; the page may neither ask the network for anything nor complain."""
    said: list[str] = []
    asked: list[str] = []
    contexts = []

    def opened(kind: str = "proved", scheme: Any = "light") -> Page:
        file = tmp_path / f"{kind}.html"
        file.write_text(render(evidence[kind], "html"), encoding="utf-8")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("file:") or not url.endswith(".html")] == []


def visible(page: Page) -> list[str]:
    return [item.get_attribute("id") or "" for item in page.locator(".check:not([hidden])").all()]


def test_the_sample_is_evidence(evidence: dict[str, dict[str, Any]]) -> None:
    for document in evidence.values():
        jsonschema.validate(document, schema())


def test_the_verdict_and_the_versions_are_on_top(show: Open) -> None:
    page = show()

    header = page.locator("header").inner_text()
    assert "Not proved" in header
    assert "terraform 1.11.4" in header
    assert "moto 5.2.5" in header
    box = page.locator(".verdict").bounding_box()
    assert box is not None
    assert box["y"] < 100


def test_the_chain_says_who_wrote_what_was_asked_for_and_what_allowed_it(show: Open) -> None:
    first, second = show().locator(".chain").all()

    assert [item.inner_text() for item in first.locator("b").all()] == [
        "Writer", "Backend", "Request header", "Bucket default", "Allowed by", "Written",
    ]  # fmt: skip
    assert "AllowS3StateAccess" in first.inner_text()
    assert "terraform.tfstate.tflock" in first.inner_text()
    assert "DenyUnsupportedEncryptionAlgorithm" in second.locator("li.bad").inner_text()


def test_a_failed_check_is_open_with_its_source_and_a_passed_one_is_not(show: Open) -> None:
    page = show()
    failed = page.locator("#check-plan-weakens-protection")

    assert failed.get_attribute("open") is not None
    assert 'status = "Enabled"' in failed.locator(".line.here").inner_text()
    assert "modules/state-backend/bucket.tf" in failed.locator(".file").inner_text()
    assert page.locator("#check-state-deposed").get_attribute("open") is None


def test_nothing_of_a_name_becomes_markup(show: Open) -> None:
    page = show("audited")

    assert page.locator("main b[onmouseover]").count() == 0
    assert 'aws_instance.<b onmouseover="x()">' in page.locator("#check-state-tainted").inner_text()


def test_the_filters_and_the_search_show_what_fits(show: Open) -> None:
    page = show("audited")
    everything = visible(page)

    page.get_by_role("button", name="passed").click()
    without_passed = visible(page)
    page.get_by_label("Search").fill("versioning enabled")
    found = visible(page)
    page.get_by_label("Search").fill("")
    page.get_by_label("Severity").select_option("3")
    critical = visible(page)

    assert set(without_passed) < set(everything)
    assert "check-state-deposed" not in without_passed
    assert "check-plan-weakens-protection" in found
    assert "check-plan-key-deletion" not in found
    assert critical == ["check-plan-key-deletion"]
    assert page.locator("#shown").inner_text() == f"1 of {len(everything)} checks"
    assert all(item.locator(".check:not([hidden])").count() for item in page.locator(".group:not([hidden])").all())


def test_the_reason_of_a_cell_shows_on_hover_and_on_focus(show: Open) -> None:
    page = show()
    cell = page.locator(".grid td").nth(0)
    tip = page.locator("#tip")

    cell.hover()
    assert tip.inner_text() == (
        "init without s3:GetObject: failed, lock left. Called 2 times, observed. refused: s3:GetObject"
    )
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    cell.focus()
    assert "init without s3:GetObject" in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_the_grid_is_one_stop_for_the_tab_key_and_is_walked_with_the_arrows(show: Open) -> None:
    page = show()
    page.locator(".grid td").nth(0).focus()
    tip = page.locator("#tip")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert tip.inner_text().startswith("plan without s3:PutObject")
    page.keyboard.press("End")
    assert tip.inner_text().startswith("plan without kms:DescribeKey")
    page.keyboard.press("ArrowRight")  # there is nothing further on
    assert tip.inner_text().startswith("plan without kms:DescribeKey")
    assert page.locator('.grid td[tabindex="0"]').count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.grid')") is None


def test_observed_modelled_and_unsettled_are_told_apart_without_colour(show: Open) -> None:
    page = show()
    styles = {
        basis: page.locator(f".grid td.{basis}").first.evaluate("cell => getComputedStyle(cell).borderTopStyle")
        for basis in ("observed", "modelled", "unsettled")
    }

    assert styles == {"observed": "solid", "modelled": "dashed", "unsettled": "dotted"}


def test_all_of_it_is_reached_with_the_keyboard(show: Open) -> None:
    page = show("audited")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className || ''"))
    page.keyboard.press("/")

    assert reached[0] == "skip"
    assert {"search", "severity", "all"} <= set(reached)
    assert page.evaluate("document.activeElement.id") == "search"
    summary = page.locator("#check-state-deposed > summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#check-state-deposed").get_attribute("open") is not None


def test_dark_is_dark_and_light_is_light(show: Open) -> None:
    def brightness(page: Page) -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.strip("rgba()").split(",")[:3])

    assert brightness(show(scheme="light")) > 700
    assert brightness(show(scheme="dark")) < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["audited", "proved"])
def test_axe_finds_nothing_serious(show: Open, kind: str, scheme: str) -> None:
    page = show(kind, scheme)
    page.get_by_role("button", name="Open all").click()
    page.evaluate(AXE.read_text(encoding="utf-8"))

    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")

    serious = [
        (item["id"], item["help"], [node["html"][:200] for node in item["nodes"][:3]])
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert found["passes"]


def test_it_prints_with_every_check_open_and_without_the_controls(show: Open) -> None:
    page = show("audited")
    closed = page.locator("details:not([open])").count()

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".controls").is_hidden()
    assert page.pdf()[:5] == b"%PDF-"  # which comes to its own end: afterprint

    assert page.locator("details:not([open])").count() == closed > 0


def test_a_narrow_screen_scrolls_in_no_direction_but_down(show: Open) -> None:
    page = show()
    page.set_viewport_size({"width": 375, "height": 700})

    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_page_is_one_small_file(evidence: dict[str, dict[str, Any]]) -> None:
    page = render(evidence["proved"], "html")

    assert len(page.encode()) < 1024 * 1024
    for word in ("http://", "https://", "src=", "@import", "url("):
        assert word not in page.replace(json.dumps("https://"), "")
