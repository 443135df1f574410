"""Pictures of data sets show the classes where their rows are."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from qenn_core.plots.data_picture import HEIGHT, MAX_POINTS, WIDTH, picture_of_images, picture_of_points
from qenn_core.plots.palette import class_colour
from qenn_core.plots.thumbnails import thumbnail

SVG = "{http://www.w3.org/2000/svg}"


def dots(picture: str) -> dict[str, np.ndarray]:
    """Return the dots of a picture by colour."""
    return {
        str(path.get("stroke")): np.array(re.findall(r"M(\S+) (\S+)h0", str(path.get("d"))), dtype=float)
        for path in ElementTree.fromstring(picture).iter(f"{SVG}path")
    }


def test_points_keep_their_class_and_circles_stay_round() -> None:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    shown = dots(picture_of_points(np.vstack([circle, 0.5 * circle]).tolist(), [0] * 60 + [2] * 60))
    assert set(shown) == {class_colour(0), class_colour(2)}
    centre = np.array([WIDTH, HEIGHT]) / 2
    outer, inner = (np.hypot(*(shown[class_colour(k)] - centre).T) for k in (0, 2))
    assert np.allclose(outer, outer.mean(), atol=1)
    assert np.allclose(inner, outer.mean() / 2, atol=1)


def test_the_second_coordinate_points_upwards() -> None:
    shown = dots(picture_of_points([(0, 0), (1, 3)], [0, 1]))
    assert shown[class_colour(1)][0, 1] < shown[class_colour(0)][0, 1]


def test_pictures_of_many_rows_stay_small() -> None:
    points = np.random.default_rng(0).normal(size=(5000, 2))
    picture = picture_of_points(points.tolist(), [0, 1] * 2500)
    assert sum(map(len, dots(picture).values())) == MAX_POINTS
    assert len(picture) < 4000


def test_images_are_shown_in_their_order() -> None:
    images = [np.full((8, 8), 20 * number, dtype=np.uint8) for number in range(12)]
    shown = ElementTree.fromstring(picture_of_images(images)).iter(f"{SVG}image")
    assert [image.get("href") for image in shown] == [thumbnail(image) for image in images[:8]]
