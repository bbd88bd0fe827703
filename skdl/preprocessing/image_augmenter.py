"""Training images, changed in ways that leave their class as it is."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skdl._version import Versioned
from skdl.engine.checks import check_choice, check_count, check_number
from skdl.preprocessing._augmentation import Augmentation, is_off
from skdl.preprocessing._borders import FILL_MODES
from skdl.preprocessing._resample import checked_data, resampled

__all__ = ["ImageAugmenter"]


@dataclass(eq=False, repr=False, kw_only=True)
class ImageAugmenter(Versioned, BaseEstimator):
    """Flips, shifts, warps, shades and mixes training images at random.

    As ``augment=`` of a net it gives every batch new versions of its images, so that
    no two epochs see the same; validation rows and predictions stay as they are. For
    other estimators, `fit_resample` enlarges a training set.

    Every transform is off by default. Those that are on are applied to each image in
    the order of the parameters, with draws of its own. All that moves pixels is put
    together first: shifts by whole pixels and flips only copy, and with any other one
    there is one bilinear interpolation for all of them. Positions are in pixels, and
    the centre of an image is ((height - 1) / 2, (width - 1) / 2).

    Parameters
    ----------
    horizontal_flip : float in [0, 1], default=0.0
        Probability of changing left for right.
    scale : tuple of two floats, default=(1.0, 1.0)
        Lowest and highest factor, from 0.01 to 100, of a uniform distribution; 2 makes
        what is seen twice as large, about the centre.
    shear : float in [0, 90), default=0.0
        Degrees. What lies d below the centre moves d tan(s) to the right, with s
        uniform in [-shear, shear].
    rotation : float in [0, 180], default=0.0
        Degrees. The image turns about its centre, counter-clockwise, by an angle
        uniform in [-rotation, rotation].
    shift : int or float, default=0
        Pixels. The image moves down and to the right by two draws: for an int,
        from the integers from -shift to shift; for a float, uniform in
        [-shift, shift]. It must be less than the smaller side of the image, or twice
        the larger one if `fill_mode` shows something beyond the edges. ``shift=4`` is
        what is known as a random crop after padding by 4 pixels [1]_.
    elastic_alpha : float, default=0.0
        Strength of the elastic deformation [2]_: pixel p shows what was at p + a D(p),
        with a the strength and D, for the direction down and that to the right, drawn
        uniform in [-1, 1] for each pixel and smoothed by a Gaussian. The result has a
        standard deviation of about 0.16 elastic_alpha / elastic_sigma pixels. [2]_
        takes 34 for digits of 28 x 28 pixels.
    elastic_sigma : float, default=4.0
        Standard deviation of the Gaussian in pixels (cut off after 4 of them, and
        mirrored at the edges of the image).
    brightness : float, default=0.0
        All pixels are multiplied by b, uniform in [max(0, 1 - brightness),
        1 + brightness].
    contrast : float, default=0.0
        Pixels x become m + c (x - m), with m the mean of the image over pixels and
        channels, and c uniform in [max(0, 1 - contrast), 1 + contrast].
    cutout : int, default=0
        Side of a square in pixels, which is filled with `fill_value` [3]_; at most the
        larger side of the image. The centre of the square is any pixel, all equally
        likely; what reaches over the edge is cut off.
    mixup : float, default=0.0
        Parameter α of the mixture of rows [4]_, images or not: row i of a batch becomes
        λ x_i + (1 - λ) x_j, and so do its targets, with λ from Beta(α, α) and j from a
        permutation of the batch. [4]_ takes 0.1 to 0.4 for ImageNet and 1 for CIFAR.
        Here each row has its own λ, whereas the authors' program draws one per batch.
    fill_mode : {'constant', 'edge', 'reflect'}, default='constant'
        What is beyond the edges of an image: `fill_value`, the nearest pixel, or the
        image mirrored at its outermost pixels, which are not repeated (as ``numpy.pad``
        has them).
    fill_value : float or sequence of n_channels floats, default=0.0
        For "constant" and for `cutout`; rounded for images of integers.
    image_shape : tuple of int or None, default=None
        (height, width, channels) or (height, width) of the images in the rows of X,
        for `fit_resample`. A net has a parameter of its own for it.
    n_copies : int, default=1
        Changed copies of each row that `fit_resample` adds.
    random_state : int, RandomState instance or None, default=None
        For `fit_resample`; a net draws from its own.

    Notes
    -----
    Images may be of integers or of floats up to 64 bits, and come back in the same
    dtype. Integers of up to 16 bits are computed in float32, wider ones in float64;
    they are rounded and cut off at the limits of their dtype, once, after all that is
    computed. Floats are not cut off, as nobody knows their range; `brightness` and
    `contrast` need none. On inputs that are standardized already `brightness` acts as a
    contrast; the nets standardize after the augmentation.

    An image is flipped first, then scaled, sheared, turned and shifted: the point u of
    the result, relative to the centre and as (right, down), is bilinearly interpolated
    at F S⁻¹ H⁻¹ R⁻¹ (u - t + a D). Pixels that lie partly beyond the edge are
    interpolated with what is there, `fill_value` by default.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image
       recognition", CVPR 2016.
    .. [2] P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for
       convolutional neural networks applied to visual document analysis", ICDAR 2003.
    .. [3] T. DeVries and G. W. Taylor, "Improved regularization of convolutional neural
       networks with cutout", arXiv:1708.04552, 2017. Theirs fills with the mean of the
       training set: give it as `fill_value`.
    .. [4] H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, "mixup: beyond empirical
       risk minimization", ICLR 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdl.preprocessing import ImageAugmenter
    >>> X, y = load_digits(return_X_y=True)
    >>> augmenter = ImageAugmenter(
    ...     shift=1, rotation=10, image_shape=(8, 8), n_copies=3, random_state=0
    ... )
    >>> X_more, y_more = augmenter.fit_resample(X, y)
    >>> X.shape, X_more.shape, y_more.shape
    ((1797, 64), (7188, 64), (7188,))
    """

    horizontal_flip: float = 0.0
    scale: tuple = (1.0, 1.0)
    shear: float = 0.0
    rotation: float = 0.0
    shift: int | float = 0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 4.0
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: int = 0
    mixup: float = 0.0
    fill_mode: str = "constant"
    fill_value: float | tuple = 0.0
    image_shape: tuple | None = None
    n_copies: int = 1
    random_state: int | np.random.RandomState | None = None

    # The parameters that switch a transform on.
    STRENGTHS: ClassVar[tuple] = (
        "horizontal_flip", "scale", "shear", "rotation", "shift", "elastic_alpha",
        "brightness", "contrast", "cutout", "mixup",
    )  # fmt: skip

    def check(self):
        """Raise ValueError for settings that make no sense.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what is allowed.
        """
        check_number(self, "horizontal_flip", 0, 1)
        check_number(self, "shear", 0, 90, closed="left")
        check_number(self, "rotation", 0, 180)
        for name in ("shift", "mixup"):
            check_number(self, name, 0, closed="left")
        # Beyond these bounds nothing is left of an image but overflow.
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
            whole = all(isinstance(n, Integral) and n > 0 for n in shape)
            if len(shape) not in (2, 3) or not whole:
                allowed = "(height, width) or (height, width, channels), or None"
                self._refuse("image_shape", allowed)

    def start(self, image_shape, batch_size, dtype):
        """Prepare for one training run; the augmenter itself is not changed.

        Parameters
        ----------
        image_shape : tuple of int, or None
            (height, width, channels); None where rows are no images.
        batch_size : int
            The most rows of a call.
        dtype : dtype
            Of the images.

        Returns
        -------
        object
            With ``transform(images, rng)``, which takes C-contiguous images of shape
            (n_images, height, width, channels), may write to them, and returns others
            of the same shape, valid until the next call; with ``mixes``, whether
            ``mix(X, targets, rng)`` is to be called, which mixes floats of shape
            (n_rows, n_features) and (n_rows, n_targets) in place. `rng` is a
            `numpy.random.Generator`.

        Raises
        ------
        ValueError
            If a parameter makes no sense, or not for such images.
        """
        self.check()
        dtype = np.dtype(dtype)
        if dtype.kind not in "uif" or dtype.itemsize > 8:
            raise ValueError(
                "ImageAugmenter: images must be integers or floats of at most 64 bits, "
                f"got the dtype {dtype}. Convert them, by X.astype(numpy.uint8), say."
            )
        own = self.image_shape
        if image_shape is None:
            needy = [name for name in self.STRENGTHS if not is_off(self, name)]
            needy = [name for name in needy if name != "mixup"]
            if needy:
                raise ValueError(
                    f"ImageAugmenter: {needy[0]}={getattr(self, needy[0])!r} changes "
                    "images, and these are rows of numbers. Say how they are made up "
                    "by image_shape=(height, width, channels), here for fit_resample, "
                    "in a net among its own parameters; mixup alone needs none."
                )
        elif own is not None and (*own, 1)[:3] != tuple(image_shape):
            raise ValueError(
                f"ImageAugmenter: image_shape={own!r} does not fit images of "
                f"shape {tuple(image_shape)}. Leave it at None to take any."
            )
        else:
            self._check_sizes(*image_shape[:2])
            self._check_fill(image_shape[2], dtype)
        return Augmentation(self, image_shape, batch_size, dtype)

    def fit_resample(self, X, y):
        """Add changed copies to a training set.

        This is the convention of imbalanced-learn, whose ``Pipeline`` calls it in
        ``fit`` and passes by in prediction. scikit-learn's own Pipeline has no such
        step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
(n_samples, height, width, channels)
            Images, as rows (with `image_shape`) or as they are.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels, numbers or probabilities.

        Returns
        -------
        X : ndarray of shape ((1 + n_copies) * n_samples, ...)
            The rows of X, then a changed copy of each, then another; of the same
            dtype. Mixing comes last, with partners among the rows of the same copy.
        y : ndarray of shape ((1 + n_copies) * n_samples, ...)
            The targets that belong to them. With `mixup`, a y of floats is mixed as
            numbers: those to be predicted, or probabilities. A y of anything else
            holds labels and becomes a matrix of probabilities, for
            `SoftmaxClassifier`, with a column for each class in the order of
            ``numpy.unique(y)``; an indicator matrix becomes one of floats.

        Raises
        ------
        ValueError
            If X, y or a parameter is not as described.
        """
        self.check()
        X, y, shape = checked_data(self, X, y)
        state = self.start(shape, min(len(X), 256), X.dtype)
        seed = check_random_state(self.random_state).randint(2**31, size=4)
        return resampled(state, X, y, shape, self.n_copies, np.random.default_rng(seed))

    def _numbers(self, name):
        """Return a parameter as a tuple; an empty one if those are no numbers."""
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
        """Refuse shifts and squares that leave nothing of such an image."""
        smaller, larger = sorted((height, width))
        of = f"images of {height} x {width} pixels"
        limit = smaller if self.fill_mode == "constant" else 2 * larger
        if self.shift and self.shift >= limit:
            self._refuse("shift", f"less than {limit} for {of}")
        if self.cutout > larger:
            self._refuse("cutout", f"at most {larger} for {of}")

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
