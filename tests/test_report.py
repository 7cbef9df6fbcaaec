"""The report page: escaping and streaming everywhere, and its behaviour in a real browser where there is one."""
from __future__ import annotations

import html
import json
import re
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from make_records import records_of
from test_merge import NASTY, B, deal, money, record

import extract_deals as program

HERE = Path(__file__).parent
ATTACK = '<script>document.title="owned"</script><img src=x onerror="document.title=1"> & </details> <!-- "\' \x00\x1b \ud800 {{x}}'


def article(path: str, text: str, deals: Any = (), amounts: Any = (), parties: Any = (), **more: Any) -> tuple[dict[str, Any], str]:
    def span(needle: str) -> dict[str, Any]:
        return {"text": needle, "start": text.index(needle), "end": text.index(needle) + len(needle)}

    made = record(path, *deals, **more)
    made["amounts"] = [{**span(t), **money(v), "currency_implied": False, "role": "investment", "rule": f"rule-{t}"} for t, v in amounts]
    made["parties"] = [{"name": n, "parent": None, "ticker": None, "wikidata": None, "rule": "list", "mentions": [span(t)]} for n, t in parties]
    for d in deals:
        d["evidence"] = [span(e["text"]) if isinstance(e["text"], str) and e["text"] in text else e for e in d["evidence"]]
    return made, text


def page_of(articles: list[tuple[dict[str, Any], str]]) -> str:
    return "".join(program.report_html(program.merge_records(r for r, _ in articles), articles))


class Reader(HTMLParser):
    """Tags as they open, and a check that all close in order."""

    VOID = {"meta", "link", "br"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def hostile() -> list[tuple[dict[str, Any], str]]:
    text = f"A put 5 billion into {ATTACK} B. {ATTACK}"
    return [article(f'{ATTACK}.txt', text, [deal("A", ATTACK, money(5 * B), sources=[ATTACK], evidence=[{"text": text[:40]}], chips=[ATTACK])],
                    [("5 billion", 5 * B)], [("A", "A"), (ATTACK, ATTACK)], sources=[(ATTACK, "outlet", True), ('F"><script>', "outlet", True)])]


def test_nothing_of_an_article_becomes_markup():
    articles = hostile()
    articles[0][0]["meta"] = {"title": ATTACK, "url": "javascript:alert(1)"}
    articles[0][0]["language"] = 'en" onload="x'
    reader = read(page_of(articles))
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert not {"img", "iframe", "object", "form"} & {tag for tag, _ in reader.tags}
    assert not [name for _, attrs in reader.tags for name in attrs if name.startswith("on")]
    assert not [attrs["href"] for _, attrs in reader.tags if "href" in attrs and not re.match("#|data:,$", attrs["href"] or "")]
    page_of(articles).encode()  # no lone surrogates left


def test_the_page_loads_nothing():
    page = page_of(hostile())
    assert "default-src 'none'" in page and "http-equiv" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page.replace(html.escape(ATTACK), ""))


def test_pieces_come_one_article_at_a_time():
    asked = []

    def stream():
        for i in range(1000):
            asked.append(i)
            yield article(f"{i}.txt", "text")

    pieces = program.report_html([], stream())
    while "<details" not in next(pieces):
        pass
    assert asked == [0]


def test_mentions_are_nested_and_mark_exactly_their_text():
    made, text = article("a", "A Cloud & A paid 5 <b> billion", [deal("A", "B", money(5 * B), evidence=[{"text": "A paid 5 <b> billion"}])],
                         [("5 <b> billion", 5 * B)], [("A Cloud", "A Cloud"), ("Cloud", "Cloud & A")])
    made["sources"] = [{"name": "A Cloud", "kind": "company", "first": False, "acts": ["stated"], "mentions": [{"text": "A Cloud", "start": 0, "end": 7}]}]
    page = page_of([(made, text)])
    body = re.search(r'<div class="text"[^>]*>(.*?)</div></details>', page, re.S)[1]
    assert html.unescape(re.sub("<[^>]*>", "", body)) == text
    marks = re.findall(r'<mark class="m-(\w+)"[^>]*aria-description="([^"]*)"', body)
    assert marks[:2] == [("source", "source · A Cloud · company, stated"), ("party", "party · A Cloud · pattern list")]
    assert marks[2] == ("amount", "amount · 5 bn USD · 5,000,000,000 USD · investment · pattern rule-5 &lt;b&gt; billion")
    read(page)


def test_spans_that_do_not_fit_the_text_are_left_alone():
    made, text = article("a", "short", [deal("A", "B", money(B))], [("short", 5)])
    made["amounts"][0]["text"] = "other"
    made["deals"][0]["evidence"] = [{"text": "far", "start": 90, "end": 99}]
    body = re.search(r'<div class="text"[^>]*>(.*?)</div>', page_of([(made, text)]))[1]
    assert body == "short"


def test_a_record_without_its_text_shows_what_was_quoted():
    made, _ = article("a", "A pays B.", [deal("A", "B", money(B), evidence=[{"text": "A pays B."}])])
    page = page_of([(made, "")])
    where = re.search(r'<li><a href="#(a[0-9a-f]+)">', page)[1]
    assert f'id="{where}-0-9">A pays B.</p>' in page and f'href="#{where}-0-9"' in page


def test_a_page_of_nothing():
    assert "No deals." in page_of([])
    read(page_of([]))


def test_same_bytes_each_time():
    assert page_of(hostile()) == page_of(hostile())


def test_a_thousand_hostile_names_in_the_picture_stay_in_bounds():
    deals = program.merge_records(record(str(i), deal(f"{NASTY}{i}", f"P{i % 40}", money((i + 1) * B))) for i in range(400))
    page = "".join(program.report_html(deals, []))
    read(page)
    assert page.count('class="box"') <= 2 * program.MOST_FLOWS


# ---- in a browser

@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium with chromedriver here")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


def stories() -> list[tuple[dict[str, Any], str]]:
    return records_of(HERE.parent / "fixtures" / "stories" / "gold", HERE.parent / "fixtures" / "stories")


def look(browser, page: str, folder: Path, dark: bool = False, width: int = 1280, media: str = "") -> None:
    path = folder / "report.html"
    path.write_bytes(page.encode())
    browser.get_log("browser")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600})
    browser.get("about:blank")
    browser.get(path.as_uri())


def test_it_loads_quietly_and_marks_what_the_records_say(browser, tmp_path):
    articles = stories()
    look(browser, page_of(articles), tmp_path)
    assert browser.get_log("browser") == []
    assert browser.title == program.PAGE_TITLE
    shown = browser.execute_script("""return Array.from(document.querySelectorAll('.article')).map(function(article){
        return {text: article.querySelector('.text').textContent, marks: Array.from(article.querySelectorAll('mark')).map(function(mark){
        return [mark.className.slice(2), mark.textContent]})}})""")
    assert len(shown) == len(articles)
    for (made, text), seen in zip(articles, shown, strict=True):
        assert seen["text"] == text
        told = [(kind, mention["text"]) for kind, _, mention in program._items(made)]
        assert sorted(map(tuple, seen["marks"])) == sorted(told)


def test_markup_in_an_article_does_nothing(browser, tmp_path):
    look(browser, page_of(hostile()), tmp_path)
    assert browser.title == program.PAGE_TITLE and browser.get_log("browser") == []
    assert browser.execute_script("return document.images.length + document.querySelectorAll('script').length") == 1


def column(browser, name: str) -> list[str]:
    return browser.execute_script("return Array.from(document.querySelectorAll('td.c-' + arguments[0])).map(function(cell){return cell.dataset.v})", name)


def test_sorting_with_the_mouse_and_by_keyboard(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys

    look(browser, page_of(stories()), tmp_path)
    heads = browser.find_elements("css selector", "#deals th")
    sum_head = next(head for head in heads if head.text.startswith("Sum"))
    sum_head.find_element("tag name", "button").click()
    values = [float(v) for v in column(browser, "sum") if v]
    assert values == sorted(values) and len(values) > 5 and sum_head.get_attribute("aria-sort") == "ascending"
    sum_head.find_element("tag name", "button").send_keys(Keys.ENTER)
    values = [float(v) for v in column(browser, "sum") if v]
    assert values == sorted(values, reverse=True) and sum_head.get_attribute("aria-sort") == "descending"
    heads[2].find_element("tag name", "button").send_keys(Keys.SPACE)
    assert column(browser, "payee") == sorted(column(browser, "payee"))
    assert [head.get_attribute("aria-sort") for head in heads].count(None) == len(heads) - 1
    assert "Payee" in browser.find_element("id", "say").text and "ascending" in browser.find_element("id", "say").text


def test_tooltips_by_focus_hover_and_escape(browser, tmp_path):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    look(browser, page_of(stories()), tmp_path)
    summary = browser.find_element("css selector", ".article summary")
    summary.send_keys(Keys.ENTER)
    marks = browser.find_elements("css selector", ".article[open] mark")
    tip = browser.find_element("id", "tip")
    assert not tip.is_displayed()
    summary.send_keys(Keys.TAB)
    assert browser.switch_to.active_element == marks[0]
    assert tip.is_displayed() and tip.text == marks[0].get_attribute("aria-description") and "pattern gold-" in tip.text
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not tip.is_displayed()
    ActionChains(browser).move_to_element(marks[1]).perform()
    assert tip.is_displayed() and tip.text == marks[1].get_attribute("aria-description")
    box, screen = tip.rect, browser.execute_script("return document.documentElement.clientWidth")
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen


def test_evidence_leads_to_its_place(browser, tmp_path):
    look(browser, page_of(stories()), tmp_path)
    browser.find_element("css selector", "td.c-reports summary").click()
    link = browser.find_elements("css selector", "td.c-reports details[open] li a")[1]
    quoted = link.text.rstrip("…")
    link.click()
    place = browser.execute_script("var place=document.getElementById(location.hash.slice(1)),box=place.parentElement.getBoundingClientRect();"
                                   "return {open: place.closest('details').open, text: place.parentElement.textContent, top: box.top, height: innerHeight}")  # fmt: skip
    assert place["open"] and place["text"].startswith(quoted[:40]) and -1 <= place["top"] <= place["height"]


@pytest.mark.parametrize("name, dark, width", [("light", False, 1280), ("dark", True, 1280), ("phone", False, 390), ("phone-dark", True, 390)])
def test_how_it_looks(browser, tmp_path, name, dark, width):
    look(browser, page_of(stories()), tmp_path, dark, width)
    browser.execute_script("document.querySelector('.article').open=true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    contrast = browser.execute_script(CONTRAST)
    assert min(contrast.values()) >= 4.5, contrast
    height = browser.execute_script("return document.documentElement.scrollHeight")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": min(height, 6000), "deviceScaleFactor": 1, "mobile": width < 600})
    picture = tmp_path / f"report-{name}.png"
    assert browser.save_screenshot(str(picture)) and picture.stat().st_size > 20000


CONTRAST = """
function light(c){return c.match(/[\\d.]+/g).slice(0,3).map(function(v){v/=255;return v<=.03928?v/12.92:Math.pow((v+.055)/1.055,2.4)})
.reduce(function(sum,v,i){return sum+v*[.2126,.7152,.0722][i]},0)}
function ground(e){for(;e;e=e.parentElement){var c=getComputedStyle(e).backgroundColor;if(!/, 0\\)$|transparent/.test(c))return c}return 'rgb(255,255,255)'}
var found={};['body','.soft','mark.m-amount','mark.m-party','mark.m-chip','mark.m-date','mark.m-source','.warn','td a','caption','.pill'].forEach(function(s){
var e=document.querySelector(s);if(!e)return;var a=light(getComputedStyle(e).color),b=light(ground(e));found[s]=(Math.max(a,b)+.05)/(Math.min(a,b)+.05)});return found"""


def test_printed(browser, tmp_path):
    look(browser, page_of(stories()), tmp_path, dark=True, media="print")
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(browser.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10000


def test_a_thousand_articles_open_at_once(browser, tmp_path):
    base = stories()
    articles = [({**made, "id": f"{made['id']}-{i}", "path": f"{i}/{made['path']}"}, text) for i in range(72) for made, text in base][:1000]
    page = page_of(articles)
    start = time.process_time()
    look(browser, page, tmp_path)
    assert browser.execute_script("return document.querySelectorAll('.article').length") == 1000
    assert time.process_time() - start < 10
    assert browser.execute_script("return document.querySelectorAll('.article[open]').length") == 0


def test_names_of_screen_reader_parts(browser, tmp_path):
    look(browser, page_of(stories()), tmp_path)
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {node["role"]["value"] for node in tree if "role" in node}
    assert {"table", "columnheader", "row", "cell", "main", "button", "heading"} <= roles
    buttons = [node for node in tree if node.get("role", {}).get("value") == "button"]
    assert all(node.get("name", {}).get("value") for node in buttons)
    labels = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") in ("image", "img") and node.get("name", {}).get("value")]
    assert json.dumps(labels, ensure_ascii=False).count("→") >= 3
