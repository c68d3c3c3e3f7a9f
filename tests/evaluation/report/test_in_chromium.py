"""The page as users see it: in a real browser, on a laptop and a phone, with keys, in print, with many images."""

import base64

import pytest

from tests.evaluation.report.page_of import write_example

SHOWN = "return [...document.querySelectorAll('.gallery .overlay .{}')].map(p => getComputedStyle(p).display)"
ORDER = "return [...document.querySelectorAll('.gallery figure')].map(f => Number(f.dataset.{}))"
SKIPPED = """return [...document.querySelectorAll('.gallery figcaption')]
    .map(f => !f.checkVisibility({contentVisibilityAuto: true}))"""


@pytest.fixture
def open_page(chromium):
    """Open a page in a window of the given width, in light or dark colours."""

    def opened(path, width=1280, height=800, scheme="light", media="screen"):
        chromium.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        chromium.get(path.as_uri())
        return chromium

    yield opened
    messages = chromium.get_log("browser")
    assert messages == []


def press(browser, *keys):
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def active(browser, script: str):
    return browser.execute_script(f"const e = document.activeElement; return {script}")


@pytest.mark.parametrize(
    ("key", "layer"), [("g", "truth"), ("b", "base"), ("r", "retrained"), ("h", "human")]
)
def test_outlines_are_switched_by_click_and_by_key(open_page, page, key, layer):
    browser = open_page(page)
    box = browser.find_element("css selector", f"input[data-layer={layer}]")
    script = SHOWN.format(layer)
    images = 6 if layer == "human" else 12
    assert browser.execute_script(script) == ["inline"] * images
    for switch, expected in ((box.click, "none"), (lambda: press(browser, key), "inline")):
        switch()
        assert browser.execute_script(script) == [expected] * images
        assert box.is_selected() == (expected == "inline")
        others = {"truth", "base", "retrained", "human"} - {layer}
        assert all("none" not in browser.execute_script(SHOWN.format(other)) for other in others)


def test_other_keys_and_keys_with_control_switch_nothing(open_page, page):
    from selenium.webdriver import ActionChains, Keys

    browser = open_page(page)
    press(browser, "t", "x", "G")
    ActionChains(browser).key_down(Keys.CONTROL).send_keys("b").key_up(Keys.CONTROL).perform()
    boxes = browser.find_elements("css selector", "input[data-layer]")
    assert [box.is_selected() for box in boxes] == [True] * 4


@pytest.mark.parametrize(
    ("order", "key", "sign"),
    [("rank", "rank", 1), ("-rank", "rank", -1), ("gain", "gain", 1), ("-gain", "gain", -1)],
)
def test_images_are_put_in_order(open_page, page, order, key, sign):
    from selenium.webdriver.support.ui import Select

    browser = open_page(page)
    Select(browser.find_element("id", "order")).select_by_value(order)
    values = browser.execute_script(ORDER.format(key))
    assert values == sorted(values, reverse=sign < 0)
    assert len(set(values)) > 3


def test_an_image_is_enlarged_by_keyboard_and_the_way_back_is_kept(open_page, page):
    from selenium.webdriver import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    browser = open_page(page)
    pictures = browser.find_elements("css selector", "button.picture")
    browser.execute_script("arguments[0].focus()", pictures[0])
    press(browser, Keys.ENTER)
    dialog = browser.find_element("id", "large")
    names = [picture.find_element("tag name", "img").get_attribute("alt") for picture in pictures]
    assert dialog.get_property("open")
    assert dialog.find_element("id", "large-name").text == names[0]
    assert dialog.find_element("tag name", "img").size["width"] > 500
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert dialog.find_element("id", "large-name").text == names[1]
    press(browser, "b")
    assert (
        browser.execute_script("return getComputedStyle(document.querySelector('dialog .base')).display")
        == "none"
    )
    press(browser, Keys.ESCAPE)
    assert not dialog.get_property("open")
    focus = "e.getAttribute('aria-label')"
    WebDriverWait(browser, 5).until(lambda _: active(browser, focus) == f"enlarge {names[1]}")
    pictures[2].click()
    dialog.find_element("tag name", "button").click()
    assert not dialog.get_property("open")


def test_everything_is_reached_with_the_tab_key_and_the_focus_is_seen(open_page, page):
    from selenium.webdriver import Keys

    browser = open_page(page)
    reached = []
    for _ in range(14):
        press(browser, Keys.TAB)
        reached.append(active(browser, "e.tagName + (e.dataset.layer || e.id || '')"))
        assert active(browser, "getComputedStyle(e).outlineStyle") != "none", reached[-1]
    wanted = ["INPUTtruth", "INPUTbase", "INPUTretrained", "INPUThuman", "SELECTorder", "BUTTON"]
    assert [name for name in reached if name in wanted][:6] == wanted
    assert "SUMMARY" in reached


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_sideways_scrolling_and_readable_text(open_page, page, width, scheme):
    browser = open_page(page, width, scheme=scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    contrasts = browser.execute_script(CONTRAST)
    assert len(contrasts) > 8
    assert min(contrasts.values()) >= 4.5, contrasts


CONTRAST = """
const light = (colour) => {
  const part = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * part[0] + .7152 * part[1] + .0722 * part[2];
};
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const found = {};
for (const name of ['h1', 'h2', 'p.muted', '.verdict h2', '.verdict p', 'th.base', 'th.retrained', 'th.human', 'small',
                    'figcaption p', 'kbd', 'dt', 'dd', 'summary', 'legend']) {
  const e = document.querySelector(name);
  if (!e) continue;
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
  found[name] = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}
return found;
"""


def test_print_has_verdict_curves_table_and_the_six_worst(open_page, page):
    browser = open_page(page, media="print", scheme="dark")
    seen = browser.execute_script("""
        const shown = (name) => [...document.querySelectorAll(name)].filter(e => e.checkVisibility()).length;
        return [shown('.verdict'), shown('.chart'), shown('table'), shown('.gallery figure'), shown('#tools'),
                getComputedStyle(document.body).color];""")
    assert seen == [1, 1, 2, 6, 0, "rgb(0, 0, 0)"]
    pdf = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"]
    assert base64.b64decode(pdf).startswith(b"%PDF")


def test_of_200_images_only_those_in_sight_are_drawn(open_page, tmp_path):
    write_example(tmp_path / "many.html", 200)
    browser = open_page(tmp_path / "many.html")
    skipped = browser.execute_script(SKIPPED)
    assert len(skipped) == 200
    assert sum(skipped) > 150 and skipped[-1]
    browser.execute_script("window.scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    skipped = browser.execute_script(SKIPPED)
    assert sum(skipped) > 150 and skipped[0] and not skipped[-1]
    nodes = browser.execute_script("return document.querySelectorAll('.gallery *').length")
    assert nodes < 20 * 200
