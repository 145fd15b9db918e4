"""Where a network comes from that is not written in a spec: a package of models, or a function of the user's own.

Nobody looks into such a network before it is built, so the spec says what is asked of it: how many numbers it gives,
and the shape at each module that a hint names. Building holds the real module to that.
"""

import re
from abc import abstractmethod
from pathlib import PurePath
from typing import ClassVar, NamedTuple, Self

from pydantic import Field, PositiveInt, model_validator

from ..component import Component
from ..values import Call, Rejected

OUTPUT = "output"
"""Address of what a network from outside gives as a whole."""
FILE_ENDINGS = (".safetensors", ".pt", ".pth")
_PATH = re.compile(r"\w+(\.\w+)*")
_FACTORY = re.compile(r"(?:(?P<folder>[^:]+)/)?(?P<module>\w+(\.\w+)*):(?P<function>\w+)")


class Factory(NamedTuple):
    """The function that makes a network, `"folder/package.module:function"`; the folder may be empty."""

    folder: str
    module: str
    function: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The function that a text names, if it names one."""
        found = _FACTORY.fullmatch(text)
        return found and cls(found["folder"] or "", found["module"], found["function"])

    def inside(self, folder: str) -> str:
        """The text for the same function where its module lies in another folder."""
        name = f"{self.module}:{self.function}"
        return f"{folder}/{name}" if folder not in ("", ".") else name


class Source(Component, kind="source"):
    """A network from outside, made by calling a function with no sight of the spec.

    Attributes:
        package: What is installed to have it; None where it is the user's own code.
    """

    package: ClassVar[str | None]

    model: str = Field(description="which network")
    weights: str | None = Field(None, description="file of its weights, relative to the spec")
    classes: PositiveInt | None = Field(
        None, description="how many numbers it gives; as many as the data have classes if left out"
    )
    features: dict[str, tuple[PositiveInt, ...]] = Field(
        {}, description="the shape that a module gives, by its path, for hints: `{layer3: [1024, 14, 14]}`"
    )

    @abstractmethod
    def lower(self) -> Call:
        """The function that makes the module, and its arguments."""

    @property
    def file(self) -> str | None:
        """The weights file that it is filled from after it is made, if it is."""
        return self.weights

    @property
    def factory(self) -> Factory | None:
        """The user's own function that makes it; None if a package does."""
        return None

    @property
    def wherever(self) -> Self:
        """The same without the places of its files."""
        return self.model_copy(update={"weights": None}) if self.file else self

    @model_validator(mode="after")
    def _features_are_paths(self) -> Self:
        for path in self.features:
            if not _PATH.fullmatch(path):
                raise Rejected(f'"{path}" is no path of a module', 'write it as in "layer3.2.conv1"', field="features")
            if path == OUTPUT:
                raise Rejected(f"`{OUTPUT}` is what the whole network gives", "leave it out", field="features")
        return self


class Torchvision(Source, name="torchvision"):
    """A model of torchvision, by its name there.

    Its weights are named as torchvision names them, such as `"IMAGENET1K_V2"`, or they are a file that ends in
    `.safetensors`, `.pt` or `.pth`.
    """

    package = "torchvision"

    model: str = Field(description='its name in torchvision, such as `"resnet50"`')
    weights: str = Field("DEFAULT", description="torchvision's name for them, or a file relative to the spec")
    classes: PositiveInt = Field(1000, description="how many numbers it gives")

    @property
    def file(self) -> str | None:
        return self.weights if PurePath(self.weights).suffix in FILE_ENDINGS else None

    def lower(self) -> Call:
        how = {"num_classes": self.classes, "weights": None} if self.file else {"weights": self.weights}
        return Call("torchvision.models:get_model", {"name": self.model, **how})


class Timm(Source, name="timm"):
    """A model of timm, by its name there; pretrained as timm has it, unless `weights` names a file."""

    package = "timm"

    model: str = Field(description='its name in timm, such as `"resnet50.a1_in1k"`')
    classes: PositiveInt = Field(1000, description="how many numbers it gives")

    def lower(self) -> Call:
        how = {"pretrained": False, "num_classes": self.classes} if self.file else {"pretrained": True}
        return Call("timm:create_model", {"model_name": self.model, **how})


class Python(Source, name="python"):
    """A `torch.nn.Module` made by a function without arguments, `"package.module:function"`.

    The module is looked for in the spec's folder first, or in one named as seen from there: `"models/teachers:resnet"`.
    Its code runs only when the network is built, and only with `--allow-python`.
    """

    package = None

    model: str = Field(description='the function, such as `"teachers:resnet"`')

    @model_validator(mode="after")
    def _names_a_function(self) -> Self:
        if Factory.read(self.model) is None:
            raise Rejected(f'"{self.model}" names no function', 'write `"package.module:function"`', field="model")
        return self

    @property
    def factory(self) -> Factory | None:
        return Factory.read(self.model)

    @property
    def wherever(self) -> Self:
        return super().wherever.model_copy(update={"model": self.lower().target})

    def lower(self) -> Call:
        return Call(self.model.rpartition("/")[2])
