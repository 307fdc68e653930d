"""What a learner's eyes meet in JupyterLab: pale words, cut words, where the focus goes. Used by `test_browser.py`."""

PALE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || !node.closest('.jp-OutputArea .jupyter-widgets')) continue;
    if (!node.checkVisibility({visibilityProperty: true})) continue;
    if (node.closest('svg, mjx-assistive-mml, :disabled')) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(1)}: ${words.currentNode.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(found)];
}"""

CUT = """() => {
  const found = [], pen = document.createElement('canvas').getContext('2d'), ARROW = 20;
  for (const output of document.querySelectorAll('.jp-CodeCell .jp-OutputArea-output')) {
    const edge = output.getBoundingClientRect().right + 1;
    for (const node of [output, ...output.querySelectorAll('*')]) {
      if (!node.checkVisibility({visibilityProperty: true}) || node.closest('mjx-container, svg')) continue;
      const {overflowX, overflowY, width} = getComputedStyle(node);
      const wide = node.scrollWidth > node.clientWidth + 1, high = node.scrollHeight > node.clientHeight + 1;
      const say = what => found.push(`${what}: ${(node.innerText || node.className).trim().slice(0, 40)}`);
      if (wide && overflowX === 'hidden' && node.matches('.widget-label, .widget-readout, button')) say('cut');
      if (node.matches('select') && !node.size) {
        pen.font = getComputedStyle(node).font;
        const longest = Math.max(...[...node.options].map(option => pen.measureText(option.text).width));
        if (longest + ARROW > node.clientWidth) say('cut');
      }
      if (wide && ['auto', 'scroll'].includes(overflowX) || high && ['auto', 'scroll'].includes(overflowY))
        if (parseFloat(width)) say('scrolls');
      if (node.matches('button, input, select, img, .noUi-target') && node.getBoundingClientRect().right > edge)
        say('off the side');
    }
  }
  return [...new Set(found)];
}"""

STOPS = """output => {
  const all = 'button:enabled, input:enabled, select, summary, a[href], [tabindex="0"], [contenteditable="true"]';
  return [...output.querySelectorAll(all)].filter(node => node.checkVisibility({visibilityProperty: true}));
}"""
HERE = """output => {
  const node = document.activeElement;
  if (!output.contains(node)) return null;
  const at = node.getBoundingClientRect(), top = output.getBoundingClientRect();
  return [Math.round((at.top + at.bottom) / 2 - top.top), Math.round(at.left - top.left)];
}"""
ROW = 24  # pixels: what stands in one row need not have the same height


def pale_words(page):
    """Words of the widgets with less than 4.5 to 1 between them and what lies behind, as the browser draws them."""
    return page.evaluate(PALE)


def cut_words(page):
    """In the outputs: labels and buttons whose words are cut, what has a scroll bar, controls beyond the right edge."""
    return page.evaluate(CUT)


def focus_jumps(page, output):
    """Tab through an output: the steps of the focus that do not go on as one reads, and an end that is none."""
    stops = output.evaluate_handle(STOPS)
    count = stops.evaluate("stops => stops.length")
    if not count:
        return []
    stops.evaluate("stops => stops[0].focus()")
    places = [output.evaluate(HERE)]
    for _ in range(count):
        page.keyboard.press("Tab")
        places.append(output.evaluate(HERE))
    last = places.pop()
    return [step for step in zip(places, places[1:]) if not goes_on(*step)] + ([("no way out", last)] if last else [])


def goes_on(here, there):
    """Whether the second place, (down, right) in pixels, is below the first or right of it in the same row."""
    if not there:
        return False
    (y, x), (below, right) = here, there
    return below > y + ROW or (abs(below - y) <= ROW and right > x)


def whole_page(page, path):
    """Pictures of the whole notebook, a screen each, under `path` and a number."""
    panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    height, screen = panel.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
    for number, top in enumerate(range(0, height, screen)):
        panel.evaluate("(panel, top) => panel.scrollTo(0, top)", top)
        page.wait_for_timeout(200)
        panel.screenshot(path=f"{path}_{number:02}.png")
