"""Random transforms of training images that keep their class."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skdl._arguments import explain_parameters
from skdl._parameters import ExplainedParameters
from skdl._version import Versioned
from skdl.engine.checks import check_choice, check_count, check_number
from skdl.preprocessing._augmentation import ImageAugmentation, is_off
from skdl.preprocessing._enlarged_set import check_training_set, with_copies
from skdl.preprocessing._geometry import FILL_MODES

__all__ = ["ImageAugmenter"]


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class ImageAugmenter(Versioned, ExplainedParameters, BaseEstimator):
    """Transforms training images at random: flips, shifts, warps, tones and mixup.

    Pass it as ``augment=`` to a net: then every batch gets new versions of its images,
    and no two epochs see the same. Validation rows and predictions are not transformed.
    For other estimators, `fit_resample` enlarges a training set.

    Every transform is off by default. Those that are on are applied in the order of the
    parameters, with separate draws for each image. All movements of pixels are combined
    first. Flips and shifts by whole pixels copy pixels; any other movement makes one
    bilinear interpolation for all of them. Positions are in pixels, and the center of
    an image is ((height - 1) / 2, (width - 1) / 2).

    Parameters
    ----------
    horizontal_flip : float in [0, 1], default=0.0
        Probability that an image is mirrored left to right.
    scale : tuple of two floats, default=(1.0, 1.0)
        Lowest and highest scale factor, from 0.01 to 100, drawn uniformly. 2 shows
        everything twice as large, about the center.
    shear : float in [0, 90), default=0.0
        Largest shear angle s in degrees, drawn uniformly from [-shear, shear]. A point
        d pixels below the center moves d tan(s) to the right.
    rotation : float in [0, 180], default=0.0
        Largest angle in degrees, drawn uniformly from [-rotation, rotation]. The image
        turns about its center, counterclockwise.
    shift : int or float, default=0
        Largest shift in pixels, drawn separately for the direction down and the
        direction right. An int draws integers from -shift to shift; a float draws
        uniformly from [-shift, shift]. With ``fill_mode="constant"`` it must be less
        than the smaller side of the image, otherwise less than twice the larger side.
        ``shift=4`` is known as a random crop after padding by 4 pixels [1]_.
    elastic_alpha : float, default=0.0
        Strength of the elastic deformation [2]_. Pixel p shows the image at
        p + elastic_alpha D(p). The two components of D are drawn uniformly from
        [-1, 1] for each pixel, and smoothed by a Gaussian filter. The standard
        deviation of the displacement is about 0.16 elastic_alpha / elastic_sigma
        pixels. Simard et al. use 34 for digits of 28 x 28 pixels.
    elastic_sigma : float, default=4.0
        Standard deviation of the Gaussian filter in pixels. The filter is cut off after
        4 standard deviations, and mirrored at the edges of the image.
    brightness : float, default=0.0
        Strength of the brightness change: all pixels are multiplied by one factor,
        drawn uniformly from [max(0, 1 - brightness), 1 + brightness].
    contrast : float, default=0.0
        Strength of the contrast change: a pixel x becomes m + c (x - m), with m the
        mean of the image over pixels and channels. The factor c is drawn uniformly from
        [max(0, 1 - contrast), 1 + contrast].
    cutout : int, default=0
        Side in pixels of a square that is filled with `fill_value` [3]_; at most the
        larger side of the image. Every pixel is equally likely to be the center of the
        square. The square is cut off at the edges.
    mixup : float, default=0.0
        Parameter α of mixup [4]_, for images and for other rows. Row i of a batch
        becomes λ x_i + (1 - λ) x_j, and its targets likewise. λ is drawn from
        Beta(α, α), and j from a permutation of the batch. Zhang et al. use 0.1 to 0.4
        for ImageNet and 1 for CIFAR. Each row has its own λ here; their program draws
        one λ per batch.
    fill_mode : {'constant', 'edge', 'reflect'}, default='constant'
        What lies beyond the edges of an image: `fill_value`, the nearest pixel, or the
        image mirrored at its outermost pixels, which are not repeated (as in
        ``numpy.pad``).
    fill_value : float or sequence of n_channels floats, default=0.0
        Value of the pixels beyond the edges with "constant", and of the squares of
        `cutout`; rounded for images of integers.
    image_shape : tuple of int or None, default=None
        (height, width, channels) or (height, width) of the images in the rows of X, for
        `fit_resample`. A net has its own parameter `image_shape`.
    n_copies : int, default=1
        Number of transformed copies of each row that `fit_resample` adds.
    random_state : int, RandomState instance or None, default=None
        Seed of `fit_resample`. A net draws from its own `random_state`.

    Notes
    -----
    Images may be integers or floats of up to 64 bits, and keep their dtype. Integers of
    up to 16 bits are computed in float32, wider ones in float64. They are rounded and
    clipped to the range of their dtype once, at the end. Floats are not clipped, since
    their range is unknown.

    `brightness` on standardized inputs acts like `contrast`. Nets with `standardize`
    apply the augmentation first.

    An image is flipped first, then scaled, sheared, rotated and shifted. So the point u
    of the result, as (right, down) relative to the center, is interpolated at
    F S⁻¹ H⁻¹ R⁻¹ (u - t + elastic_alpha D). Pixels that lie partly beyond the edge are
    interpolated with the pixels there, by default `fill_value`.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image
       recognition", CVPR 2016.
    .. [2] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for
       convolutional neural networks applied to visual document analysis", ICDAR 2003.
    .. [3] T. DeVries and G. W. Taylor, "Improved regularization of convolutional neural
       networks with cutout", arXiv:1708.04552, 2017. They fill with the mean of the
       training set: pass it as `fill_value`.
    .. [4] H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, "mixup: beyond empirical
       risk minimization", ICLR 2018.

    Examples
    --------
    An image of 2 x 3 pixels, and its mirror image:

    >>> from skdl.preprocessing import ImageAugmenter
    >>> flip = ImageAugmenter(horizontal_flip=1.0, image_shape=(2, 3))
    >>> X, y = flip.fit_resample([[1, 2, 3, 4, 5, 6]], [0])
    >>> X
    array([[1, 2, 3, 4, 5, 6],
           [3, 2, 1, 6, 5, 4]])

    Three transformed copies of each digit:

    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> augmenter = ImageAugmenter(
    ...     shift=1, rotation=10, image_shape=(8, 8), n_copies=3, random_state=0
    ... )
    >>> X_more, y_more = augmenter.fit_resample(X, y)
    >>> X.shape, X_more.shape, y_more.shape
    ((1797, 64), (7188, 64), (7188,))
    """

    horizontal_flip: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    rotation: float = 0.0
    shift: int | float = 0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 4.0
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: int = 0
    mixup: float = 0.0
    fill_mode: Literal["constant", "edge", "reflect"] = "constant"
    fill_value: float | Sequence[float] = 0.0
    image_shape: tuple[int, ...] | None = None
    n_copies: int = 1
    random_state: int | np.random.RandomState | None = None

    # The parameters that switch a transform on.
    STRENGTHS: ClassVar[tuple] = (
        "horizontal_flip", "scale", "shear", "rotation", "shift", "elastic_alpha",
        "brightness", "contrast", "cutout", "mixup",
    )  # fmt: skip

    def check(self) -> None:
        """Check the parameters.

        Raises
        ------
        ValueError
            If a parameter is out of range. The message says what is allowed.
        """
        check_number(self, "horizontal_flip", 0, 1)
        check_number(self, "shear", 0, 90, closed="left")
        check_number(self, "rotation", 0, 180)
        for name in ("shift", "mixup"):
            check_number(self, name, 0, closed="left")
        # Larger values overflow.
        check_number(self, "elastic_alpha", 0, 1e6)
        check_number(self, "elastic_sigma", 0.01, 1000)
        check_number(self, "brightness", 0, 100)
        check_number(self, "contrast", 0, 100)
        check_count(self, "cutout", 0)
        check_count(self, "n_copies")
        check_choice(self, "fill_mode", FILL_MODES)
        scale = self._numbers("scale")
        if len(scale) != 2 or not 0.01 <= scale[0] <= scale[1] <= 100:
            allowed = "two numbers, low and high, with 0.01 <= low <= high <= 100"
            self._refuse("scale", allowed)
        if np.ndim(self.fill_value) > 1 or len(self._numbers("fill_value")) == 0:
            self._refuse("fill_value", "a number, or one for each channel")
        if self.image_shape is not None:
            shape = self._numbers("image_shape")
            are_counts = all(isinstance(n, Integral) and int(n) > 0 for n in shape)
            if len(shape) not in (2, 3) or not are_counts:
                allowed = "(height, width) or (height, width, channels), or None"
                self._refuse("image_shape", allowed)

    def start(
        self,
        image_shape: tuple[int, ...] | None,
        batch_size: int,
        dtype: DTypeLike,
    ) -> ImageAugmentation:
        """Prepare one training run; the augmenter itself does not change.

        Parameters
        ----------
        image_shape : tuple of int, or None
            (height, width, channels); None if the rows are not images.
        batch_size : int
            Largest number of rows per batch.
        dtype : dtype
            Dtype of the images.

        Returns
        -------
        object
            Its method ``transform(images, rng)`` takes C-contiguous images of shape
            (n_images, height, width, channels), which may be overwritten. It returns
            images of the same shape, valid until the next call. If its attribute
            ``mixes`` is True, ``mix(X, targets, rng)`` has to be called next. It mixes
            floats of shape (n_rows, n_features) and (n_rows, n_targets) in place. `rng`
            is a `numpy.random.Generator`.

        Raises
        ------
        ValueError
            If a parameter is out of range, or does not fit these images.
        """
        self.check()
        dtype = np.dtype(dtype)
        if dtype.kind not in "uif" or dtype.itemsize > 8:
            raise ValueError(
                "ImageAugmenter: images must be integers or floats of at most 64 bits, "
                f"got the dtype {dtype}. Convert X, as in X.astype(numpy.uint8)."
            )
        own = self.image_shape
        if image_shape is None:
            on = [name for name in self.STRENGTHS if not is_off(self, name)]
            image_transforms = [name for name in on if name != "mixup"]
            if image_transforms:
                name = image_transforms[0]
                raise ValueError(
                    f"ImageAugmenter: {name}={getattr(self, name)!r} needs images, but "
                    "these are rows of numbers. Set image_shape=(height, width, "
                    "channels): on ImageAugmenter for fit_resample, on the net for "
                    "augment. Only mixup works without image_shape."
                )
        elif own is not None and (*own, 1)[:3] != tuple(image_shape):
            raise ValueError(
                f"ImageAugmenter: image_shape={own!r} does not fit images of "
                f"shape {tuple(image_shape)}. Set image_shape=None to accept any shape."
            )
        else:
            self._check_sizes(*image_shape[:2])
            self._check_fill(image_shape[2], dtype)
        return ImageAugmentation(self, image_shape, batch_size, dtype)

    def fit_resample(self, X: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return a training set together with transformed copies of its rows.

        The method follows imbalanced-learn, whose ``Pipeline`` calls it in ``fit`` and
        skips it in prediction. scikit-learn's own Pipeline has no such step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
(n_samples, height, width, channels)
            Images, flattened to rows (with `image_shape`) or not; with `mixup` alone,
            any rows of numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels, numbers or probabilities.

        Returns
        -------
        X : ndarray of shape ((1 + n_copies) * n_samples, ...)
            The rows of X, then a transformed copy of each, then the next copy, in the
            dtype of X. Mixup comes last and mixes rows of the same copy.
        y : ndarray of shape ((1 + n_copies) * n_samples, ...)
            Their targets. With `mixup`, a y of floats is mixed as numbers. Any other y
            holds labels: it becomes a matrix of probabilities for `SoftmaxClassifier`,
            with one column per class in the order of ``numpy.unique(y)``. An indicator
            matrix becomes a matrix of floats.

        Raises
        ------
        ValueError
            If X, y or a parameter is not as described.
        """
        self.check()
        rows, targets, shape = check_training_set(self, X, y)
        augmentation = self.start(shape, min(len(rows), 256), rows.dtype)
        seed = check_random_state(self.random_state).randint(2**31, size=4)
        rng = np.random.default_rng(seed)
        return with_copies(augmentation, rows, targets, shape, self.n_copies, rng)

    def _numbers(self, name):
        """Return a parameter as a tuple; an empty one unless all are numbers."""
        value = getattr(self, name)
        if isinstance(value, Real):
            value = (value,)
        if isinstance(value, str) or not np.iterable(value):
            return ()
        value = tuple(value)
        numbers = all(isinstance(v, Real) and not isinstance(v, bool) for v in value)
        return value if numbers and np.isfinite(value).all() else ()

    def _refuse(self, name, allowed):
        raise ValueError(
            f"ImageAugmenter: {name} must be {allowed}, got {getattr(self, name)!r}."
        )

    def _check_sizes(self, height, width):
        """Refuse shifts and squares that can remove a whole image."""
        smaller, larger = sorted((height, width))
        images = f"images of {height} x {width} pixels"
        limit = smaller if self.fill_mode == "constant" else 2 * larger
        if self.shift and self.shift >= limit:
            self._refuse("shift", f"less than {limit} for {images}")
        if self.cutout > larger:
            self._refuse("cutout", f"at most {larger} for {images}")

    def _check_fill(self, channels, dtype):
        values = self._numbers("fill_value")
        if len(values) not in (1, channels):
            self._refuse(
                "fill_value", f"a number, or one for each of {channels} channels"
            )
        if values != (0,):
            limits = (np.finfo if dtype.kind == "f" else np.iinfo)(dtype)
            low, high = (np.asarray(x).item() for x in (limits.min, limits.max))
            if not all(low <= value <= high for value in values):
                self._refuse(
                    "fill_value",
                    f"from {low:g} to {high:g} for {dtype} images",
                )
