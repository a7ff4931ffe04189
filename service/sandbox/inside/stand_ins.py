"""What snippets would download, supplied in its place; each one used is named in :data:`used`.

Covered: pretrained weights of torchvision's models (random ones, under the real file name in ``TORCH_HOME``), MNIST and
its sisters in their own file format (generated digits), and torchvision itself over a torch without CUDA, for which the
packaged one is not built: its Python part works once two operators are declared, its compiled ones stay absent.
"""

import importlib.abc
import importlib.machinery
import inspect
import os
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from shutil import disk_usage
from typing import Any

TRAINING_DIGITS, TEST_DIGITS = 6000, 1000
_SIDE, _GLYPH_SCALE = 28, 3
# rows of 5 pixels, the highest bit left
_GLYPHS = (
    (14, 17, 17, 17, 17, 17, 14),
    (4, 12, 4, 4, 4, 4, 14),
    (14, 17, 1, 2, 4, 8, 31),
    (30, 1, 1, 14, 1, 1, 30),
    (2, 6, 10, 18, 31, 2, 2),
    (31, 16, 30, 1, 1, 17, 14),
    (6, 8, 16, 30, 17, 17, 14),
    (31, 1, 2, 4, 8, 8, 8),
    (14, 17, 17, 14, 17, 17, 14),
    (14, 17, 17, 15, 1, 2, 12),
)

used: list[str] = []


def _note(name: str) -> None:
    if name not in used:
        used.append(name)


def preload() -> None:
    """Import torchvision ahead and put it out of sight until a snippet imports it."""
    _supply()
    try:
        _declare_operators()
        for name in ("torchvision", "torchvision.transforms.v2"):
            import_module(name)
    except ImportError:
        return
    kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "torchvision"}
    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, _Torchvision(kept))


def install() -> None:
    """Where nothing was preloaded: supply the same when a snippet imports torch or torchvision."""
    if not any(isinstance(finder, _Torchvision) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Torchvision({}))


class _Torchvision(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds torchvision for a snippet: the preloaded one, or, after preparing for it, the one on disk."""

    def __init__(self, kept: dict[str, types.ModuleType]) -> None:
        self._kept = kept

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torchvision":
            return None
        sys.meta_path.remove(self)
        if not self._kept:
            _supply()
        if _declare_operators():
            _note("torchvision's compiled operators (absent)")
        return importlib.machinery.ModuleSpec(fullname, self) if self._kept else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = self._kept["torchvision"]
        spec.submodule_search_locations = list(module.__path__)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        sys.modules.update(self._kept)


_library: list[Any] = []  # a declaration lives as long as its library


def _declare_operators() -> bool:
    """Declare what torchvision's Python part refers to; whether that was needed."""
    import torch

    if torch.version.cuda is not None:
        return False
    if not _library:
        _library.append(torch.library.Library("torchvision", "DEF"))  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            _library[0].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return True


def _supply() -> None:
    """Let downloads of weights be made up; torchvision takes the function from here when it is imported."""
    import torch.hub

    load = torch.hub.load_state_dict_from_url

    @wraps(load)
    def load_state_dict_from_url(url: str, model_dir: str | None = None, *args: Any, **kwargs: Any) -> Any:
        folder = model_dir or os.path.join(torch.hub.get_dir(), "checkpoints")
        name = kwargs.get("file_name") or os.path.basename(url)
        path = os.path.join(folder, name)
        if not os.path.exists(path) and (model := _model_of(url)) is not None:
            os.makedirs(folder, exist_ok=True)
            weights = model.state_dict()
            if sum(weight.nbytes for weight in weights.values()) > disk_usage(folder).free:
                _note(f"{name} (random weights, not saved: there is no room for them)")
                return weights
            torch.save(weights, path)
        if os.path.exists(path) and _model_name(url):
            _note(f"{name} (random weights)")
        return load(url, model_dir, *args, **kwargs)

    torch.hub.load_state_dict_from_url = load_state_dict_from_url
    torch.hub.load = _models_of_torchvision(torch.hub.load)
    sys.meta_path.insert(0, _Datasets())


def _models_of_torchvision(load: Callable[..., Any]) -> Callable[..., Any]:
    """``torch.hub.load("pytorch/vision", …)`` without its repository: the installed torchvision has the same models."""

    @wraps(load)
    def from_hub(repo_or_dir: str, model: str, *args: Any, **kwargs: Any) -> Any:
        if repo_or_dir.partition(":")[0] != "pytorch/vision":
            return load(repo_or_dir, model, *args, **kwargs)
        _note("pytorch/vision (the installed torchvision)")
        own = {"source", "trust_repo", "force_reload", "verbose", "skip_validation"}
        models = import_module("torchvision.models")
        return models.get_model_builder(model)(*args, **{name: kwargs[name] for name in kwargs if name not in own})

    return from_hub


class _Datasets(importlib.abc.MetaPathFinder):
    """Sees torchvision's MNIST being imported, and arranges for its download to be made up."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torchvision.datasets.mnist":
            return None
        sys.meta_path.remove(self)
        utils = import_module("torchvision.datasets.utils")
        utils.download_and_extract_archive = _made_up(utils.download_and_extract_archive)  # type: ignore[attr-defined]
        return None


def _made_up(download: Callable[..., None]) -> Callable[..., None]:
    @wraps(download)
    def download_and_extract_archive(url: str, download_root: str, *args: Any, **kwargs: Any) -> None:
        filename = kwargs.get("filename") or os.path.basename(url)
        if not filename.endswith(("-idx3-ubyte.gz", "-idx1-ubyte.gz")) or filename.startswith("emnist"):
            return download(url, download_root, *args, **kwargs)
        sister = next((name for name in ("FashionMNIST", "KMNIST") if name[:4].lower() in url.lower()), "MNIST")
        _write_digits(os.path.join(download_root, filename.removesuffix(".gz")))
        _note(f"{sister} ({TRAINING_DIGITS} and {TEST_DIGITS} generated digits)")
        return None

    return download_and_extract_archive


def _write_digits(path: str) -> None:
    """Digits in a plain font, moved about and noisy, or their labels, in the IDX format."""
    import numpy as np

    name = os.path.basename(path)
    count, seed = (TRAINING_DIGITS, 0) if name.startswith("train") else (TEST_DIGITS, 1)
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    with open(path, "wb") as file:
        if "labels" in name:
            file.write((2049).to_bytes(4, "big") + count.to_bytes(4, "big") + labels.astype(np.uint8).tobytes())
            return
        glyphs = np.array(_GLYPHS)[:, :, None] >> np.arange(4, -1, -1) & 1
        glyphs = glyphs.repeat(_GLYPH_SCALE, axis=1).repeat(_GLYPH_SCALE, axis=2)
        _, height, width = glyphs.shape
        images = random.integers(0, 40, (count, _SIDE, _SIDE))
        places = zip(random.integers(0, _SIDE - height, count), random.integers(0, _SIDE - width, count), strict=True)
        for image, label, (row, column) in zip(images, labels, places, strict=True):
            image[row : row + height, column : column + width] += glyphs[label] * random.integers(150, 215)
        header = b"".join(number.to_bytes(4, "big") for number in (2051, count, _SIDE, _SIDE))
        file.write(header + images.astype(np.uint8).tobytes())


def _model_name(url: str) -> str | None:
    """The torchvision model whose weights are published at ``url``."""
    models = import_module("torchvision.models")
    for name in models.list_models():
        if any(weights.url == url for weights in models.get_model_weights(name)):
            return str(name)
    return None


def _model_of(url: str) -> Any:
    """That model with random weights, the same each time; ``None`` where there is none."""
    import torch

    name = _model_name(url)
    if name is None:
        return None
    builder = import_module("torchvision.models").get_model_builder(name)
    backbone = {"weights_backbone": None} if "weights_backbone" in inspect.signature(builder).parameters else {}
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        return builder(weights=None, **backbone)
