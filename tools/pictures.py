"""Draw the README's pictures: `python -m tools.pictures`. Where Chromium is, the explorers are recorded too."""

import io
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image

from ppo_edu.ppo import PPOConfig, train
from ppo_edu.widgets.player import Player, record_episode

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github"
WRONG = """def clipped_objective(ratio, advantages, clip_eps):
    return np.clip(ratio, 1 - clip_eps, 1 + clip_eps) * advantages"""


def main():
    save("agent.gif", agent())
    sys.path.insert(0, str(ROOT / "tests"))  # the hands of the browser test
    import browser

    if browser.CHROMIUM is None:
        print("No Chromium on this machine: the recordings stay as they are.")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        browser.running_lab(Path(folder)) as lab,
        browser.chromium_page(browser.CHROMIUM) as page,
    ):
        save("clip.gif", clip(browser, page, lab))
        save("slider.gif", slider(browser, page, lab))
        save("check.png", check(browser, page, lab))


def save(name, content):
    (FOLDER / name).write_bytes(content)
    print(f"wrote {name}, {len(content) / 1000:.0f} kB")


def agent():
    """An agent after one iteration of training and after all of them, on the same start."""
    agents = {"untrained": PPOConfig(iterations=1, learning_rate=0.0), "trained": PPOConfig()}
    episodes = {}
    for name, config in agents.items():
        trained, _ = train(config)
        generator = torch.Generator().manual_seed(0)
        episodes[name] = record_episode(lambda obs, a=trained, g=generator: a.act(obs, g), config.env_id, seed=7)
    return Player(episodes).gif


def clip(browser, page, lab):
    """Lesson 03: ε from small to large and back."""
    browser.run_all(page, lab("notebooks/03_clipped_objective.ipynb"))
    cell = browser.show(page, "sample_ratio = ")
    keys = ["ArrowLeft"] * 4 + ["ArrowRight"] * 8 + ["ArrowLeft"] * 4
    return film(browser, page, cell, keys, milliseconds=300)


def slider(browser, page, lab):
    """Lesson 07: a step size a key, and the training that follows."""
    browser.run_all(page, lab("notebooks/07_train_ppo.ipynb"))
    cell = browser.cells(page, "button:has-text('Start over')")[-1]
    return film(browser, page, cell, ["ArrowRight"] * 3, milliseconds=1500, slider=2)


def film(browser, page, cell, keys, milliseconds, slider=0):
    """A GIF of an explorer: before the first key, and settled after each."""
    cell.scroll_into_view_if_needed()
    handle, frames = cell.locator(".noUi-handle").nth(slider), []
    for key in [None, *keys]:
        if key:
            handle.press(key)
        browser.settled(page, cell)
        frames.append(picture(cell))
    stored = io.BytesIO()
    frames = [frame.quantize(64) for frame in frames]
    frames[0].save(stored, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, optimize=True)
    return stored.getvalue()


def check(browser, page, lab):
    """Exercise 03: what an answer without the min is told."""
    browser.open_notebook(page, lab("exercises/03_clipped_objective.ipynb"))
    for text, source in (
        ("from ppo_edu.grading import check", None),
        ("def clipped_objective(", WRONG),
        ("check.clipped_objective(", None),
    ):
        cell = browser.show(page, text)
        cell.locator(".cm-content").click()
        if source:
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(source)
        page.keyboard.press("Shift+Enter")
        browser.wait_until(page, lambda: "[*]" not in page.content())
    browser.expect(cell).to_contain_text("without the min")
    stored = io.BytesIO()
    picture(cell).quantize(128).save(stored, "PNG", optimize=True)
    return stored.getvalue()


def picture(cell, width=640):
    """What a cell shows below its code."""
    shown = Image.open(io.BytesIO(cell.locator(".jp-OutputArea").first.screenshot())).convert("RGB")
    return shown.resize((width, round(shown.height * width / shown.width)), Image.LANCZOS)


if __name__ == "__main__":
    main()
