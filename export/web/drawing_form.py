"""How drawn digits are framed, so that they look like those of a data set."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class DrawingForm:
    """How a data set frames its digits, so that a drawing can be framed alike.

    Args:
        size: height and width of a raw image in pixels.
        box: the digit's longer side is scaled to that many pixels.
        pen: width of a stroke in pixels of the raw image.
        mass: where the centre of mass comes to, in pixels from the upper left corner
            on both axes; `None` puts the digit's box into the middle.
        levels: the raw value of full ink.
    """

    size: int
    box: float
    pen: float
    mass: float | None
    levels: int


# MNIST: a box of 20 pixels in 28, moved by whole pixels until the centre of mass is in
# the middle (Y. LeCun, C. Cortes, C. Burges): between 14 and 15, on average at 14.5.
# scikit-learn's digits: the box fills all 8 pixels, ink counts to 16.
_MNIST = DrawingForm(size=28, box=20, pen=2.4, mass=14.5, levels=255)
_DIGITS = DrawingForm(size=8, box=8, pen=1.3, mass=None, levels=16)
DRAWING_FORMS = {
    "split_mnist": _MNIST,
    "permuted_mnist": _MNIST,
    "split_digits": _DIGITS,
    "permuted_digits": _DIGITS,
}
