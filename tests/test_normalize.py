"""The normaliser: what it removes, what it keeps, what it refuses, and that running twice gives the same bytes."""

import base64
import io
import json

import nbformat
import pytest
from PIL import Image, PngImagePlugin

from tools.normalize import WIDGET_VIEW, differences, foreign, main, normalize, without_text

v4 = nbformat.v4


def notebook(*cells):
    return v4.new_notebook(
        cells=list(cells), metadata={"widgets": {"state": 1}, "language_info": {"name": "python", "version": "3.11.7"}}
    )


def png(text=True):
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_text("Software", "some version")
    data = io.BytesIO()
    Image.new("RGB", (3, 2), (10, 20, 30)).save(data, "png", pnginfo=info)
    return base64.b64encode(data.getvalue()).decode()


def test_words_leave_a_picture_and_pixels_stay():
    bare = without_text(png())
    image = Image.open(io.BytesIO(base64.b64decode(bare)))
    image.load()
    assert bare == without_text(bare) == png(text=False) != png()
    assert image.getpixel((0, 0)) == (10, 20, 30) and not image.info


def test_what_changes_from_run_to_run_is_dropped_and_the_rest_kept():
    view = v4.new_output("display_data", {"image/png": png(), WIDGET_VIEW: {"model_id": "1f"}, "text/plain": "words"})
    lone = v4.new_output("display_data", {WIDGET_VIEW: {"model_id": "1f"}})
    streams = [v4.new_output("stream", name="stdout", text=t) for t in ("a\n", "b\n")]
    result = v4.new_output("execute_result", {"text/plain": "2"}, execution_count=77)
    cell = v4.new_code_cell("1 + 1", execution_count=77, outputs=[*streams, view, lone, result], id="kept")
    cell.metadata = {"execution": {"iopub.busy": "2026"}, "tags": ["a"], "nbgrader": {"grade": True}}
    tidy = normalize(notebook(v4.new_markdown_cell("# x"), cell))
    cell = tidy.cells[1]
    assert dict(tidy.metadata) == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert cell.id == "kept" and dict(cell.metadata) == {"tags": ["a"], "nbgrader": {"grade": True}}
    assert [o.output_type for o in cell.outputs] == ["stream", "display_data", "display_data", "execute_result"]
    assert cell.outputs[0].text == "a\nb\n" and set(cell.outputs[1].data) == {"image/png", "text/plain"}
    assert set(cell.outputs[2].data) == {WIDGET_VIEW}  # without a picture, the view is all there is
    assert cell.execution_count == cell.outputs[3].execution_count == 1


def test_a_picture_that_was_saved_in_jupyterlab_is_stored_once_and_a_player_keeps_its_page():
    def left(html):
        data, words = {"image/png": png(), "text/html": html, "text/plain": "words"}, {"image/png": {"alt": "words"}}
        cell = v4.new_code_cell("f", outputs=[v4.new_output("display_data", data, metadata=words)], id="c1")
        return normalize(notebook(cell)).cells[0].outputs[0]

    once = left(f'<img src="data:image/png;base64,{png()}" alt="words">')
    assert set(once.data) == {"image/png", "text/plain"} and once.metadata == {"image/png": {"alt": "words"}}
    assert set(left('<div id="ppo-player-1"></div>').data) == {"image/png", "text/html", "text/plain"}


@pytest.mark.parametrize(
    "text, what",
    [
        ("saved to /home/ada/x.csv", "a path of this machine"),
        ("<function f at 0x7f3a2b1c>", "an object's address"),
        ("x.py:3: UserWarning: old", "a warning"),
        ("and/or, 1/2, at 0x1F", None),
    ],
)
def test_what_belongs_to_one_machine_is_named(text, what):
    cell = v4.new_code_cell("f", outputs=[v4.new_output("stream", name="stdout", text=text)], id="c1")
    sentences = list(foreign(notebook(cell)))
    assert len(sentences) == (what is not None) and all(f"cell c1 shows {what}" in s for s in sentences)


def test_what_goes_to_stderr_is_named():
    cell = v4.new_code_cell("f", outputs=[v4.new_output("stream", name="stderr", text="careful")], id="c1")
    assert list(foreign(notebook(cell))) == ["cell c1 writes to stderr: 'careful'"]


def test_differences_name_the_cell_and_pass_over_ignored_outputs():
    def stored(text, tags):
        cell = v4.new_code_cell("f", outputs=[v4.new_output("stream", name="stdout", text=text)], id="c1")
        cell.metadata["tags"] = tags
        return json.loads(nbformat.writes(normalize(notebook(cell))))

    assert differences(stored("1", []), stored("2", [])) == ["cell c1 came out differently from what is stored"]
    assert differences(stored("1", ["nbval-ignore-output"]), stored("2", ["nbval-ignore-output"])) == []
    assert differences(stored("1", []), stored("1", [])) == []


def test_run_twice_same_bytes_then_check_then_a_change_is_seen(tmp_path, capsys):
    path = tmp_path / "n.ipynb"
    cells = [v4.new_code_cell("x = 2\nprint(set('abcdefgh'))", id="a"), v4.new_code_cell("x * 3", id="b")]
    without_ids = json.loads(nbformat.writes(notebook(*cells, v4.new_markdown_cell("end"))))
    del without_ids["cells"][2]["id"]
    path.write_text(json.dumps(without_ids))
    assert main(["--execute", str(path)]) == 0
    first = path.read_bytes()
    assert main(["--execute", str(path)]) == 0 and path.read_bytes() == first and first.endswith(b"}\n")
    assert b'"6"' in first and main(["--check", str(path)]) == 0
    path.write_bytes(first.replace(b'"6"', b'"7"'))
    assert main(["--check", str(path)]) == 1
    assert "n.ipynb: cell b came out differently" in capsys.readouterr().err


def test_a_cell_that_raises_is_named_and_nothing_is_written(tmp_path, capsys):
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook(v4.new_code_cell("1 / 0", id="a")), path)
    before = path.read_bytes()
    assert main(["--execute", str(path)]) == 1 and path.read_bytes() == before
    assert "cell a raised ZeroDivisionError: division by zero" in capsys.readouterr().err
