import base64
import io
import re
import shutil

import numpy as np
import tifffile
from PIL import Image

from cpretrain.masks.importing import import_masks
from cpretrain.masks.report import EDGE, Picture, draw, write_report
from tests.support.qupath_data import IMAGE, LABELS, true_labels


def test_outlines_are_drawn_where_objects_end():
    labels = np.zeros((80, 160), np.uint16)
    labels[20:60, 20:60] = 1
    picture = np.asarray(Image.open(io.BytesIO(draw(np.full((80, 160), 7, np.uint16), labels))))
    assert picture.shape == (EDGE // 2, EDGE, 3)
    coloured = np.ptp(picture.astype(int), axis=2) > 80
    rows, columns = np.nonzero(coloured)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (40, 119, 40, 119)
    assert not coloured[50:110, 50:110].any()


def test_page_with_problems_first_and_names_as_text(tmp_path):
    jpeg = draw(np.zeros((9, 9)), np.zeros((9, 9), int))
    pictures = [
        Picture("a.tif", "a.tif", "uint16", "9 × 9", (), jpeg),
        Picture("<b> & ü.tif", "b.tif", "uint16", "9 × 9", ("the mask fits better moved",), jpeg),
    ]
    write_report(tmp_path / "page.html", pictures, ["<all> of them"])
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.index("&lt;b&gt; &amp; ü.tif") < page.index("a.tif</strong>")
    assert "the mask fits better moved" in page
    assert "&lt;all&gt; of them" in page
    assert "2 masks on their images, 1 to check" in page
    assert [base64.b64decode(data) for data in re.findall(r"base64,([^\"]+)", page)] == [jpeg, jpeg]
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)


def test_import_shows_and_says_a_mirrored_mask(tmp_path):
    images, drawn = tmp_path / "images", tmp_path / "drawn"
    for folder in (images, drawn):
        folder.mkdir()
    for name in ("right.tif", "wrong.tif"):
        shutil.copy(IMAGE, images / name)
    shutil.copy(LABELS, drawn / "right.tif")
    tifffile.imwrite(drawn / "wrong.tif", true_labels()[:, ::-1])
    result = import_masks(drawn, images, out=tmp_path / "out")
    (warning,) = [text for text in result.warnings if text.startswith("wrong.tif")]
    assert "mirrored left to right" in warning
    assert [row["fit"] > 2 for row in result.rows] == [True, False]
    page = (tmp_path / "out" / "masks_report.html").read_text("utf-8")
    assert page.index("wrong.tif</strong>") < page.index("right.tif</strong>")
