"""The data sets a spec can name: what each holds, which files it needs, and which reader reads them."""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal, final

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from ..values import Call, TensorType
from .base import Dataset, Download, Files, Signature

Shape = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


@final
class Digits(Dataset):
    """1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn: [1, 8, 8] in 0..1, 10 classes.

    The test part is always the same 360 examples, drawn evenly from the classes. Nothing is fetched.
    Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI.
    """

    @property
    def signature(self) -> Signature:
        """[1, 8, 8], 10 classes, 1,437 examples to train on and 360 to test."""
        return Signature(TensorType((1, 8, 8)), 10, train=1437, test=360)

    def lower(self) -> Call:
        """Reads the copy inside scikit-learn."""
        return Call("fitdsl.data.readers.digits.read_digits")


class _IdxImages(Dataset):
    """28 x 28 grey images in four IDX files, in a folder or below it as torchvision lays them out."""

    names: ClassVar[tuple[str, ...]] = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    root: str = Field("data", description="folder of the files, or the one above `…/raw`; relative to the spec")

    @property
    def signature(self) -> Signature:
        """[1, 28, 28], 10 classes, 60,000 examples to train on and 10,000 to test."""
        return Signature(TensorType((1, 28, 28)), 10, train=60_000, test=10_000)

    @property
    @abstractmethod
    def files(self) -> Files: ...

    def lower(self) -> Call:
        """Reads the IDX format, packed or not."""
        return Call("fitdsl.data.readers.idx.read_idx", {"names": self.names})

    def _published(self, base: str, hashes: tuple[str, ...]) -> tuple[Download, ...]:
        return tuple(Download(base + name, digest) for name, digest in zip(self.names, hashes, strict=True))


@final
class MNIST(_IdxImages):
    """70,000 handwritten digits: [1, 28, 28] in 0..1, 10 classes, 60,000 to train on and 10,000 to test.

    Reads the four IDX files, packed or not, in `root` or in `root/MNIST/raw`; fetches what is missing.
    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition.
    """

    @property
    def files(self) -> Files:
        """The four files as published, with the checksums of TensorFlow Datasets."""
        hashes = (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        )
        downloads = self._published("https://ossci-datasets.s3.amazonaws.com/mnist/", hashes)
        return Files(self.names, self.root, folders=("MNIST/raw", "."), downloads=downloads)


@final
class FashionMNIST(_IdxImages):
    """70,000 articles of clothing: [1, 28, 28] in 0..1, 10 classes, 60,000 to train on and 10,000 to test.

    Reads the four IDX files, packed or not, in `root`, in `root/FashionMNIST/raw`, or where Debian's package
    dataset-fashion-mnist puts them; fetches what is missing.
    Source: Xiao, Rasul and Vollgraf 2017, Fashion-MNIST.
    """

    @property
    def files(self) -> Files:
        """The four files as published, with the checksums of TensorFlow Datasets."""
        hashes = (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        )
        downloads = self._published("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", hashes)
        return Files(
            self.names,
            self.root,
            folders=("FashionMNIST/raw", "."),
            standard=("/usr/share/datasets/fashion-mnist",),
            downloads=downloads,
        )


class _Cifar(Dataset):
    """32 x 32 colour images in the binary distribution: records of label bytes and 3,072 pixels."""

    root: str = Field("data", description="folder that holds the unpacked binary distribution; relative to the spec")

    @property
    @abstractmethod
    def files(self) -> Files: ...

    def _reader(self, *, labels: int, train: tuple[str, ...], test: str) -> Call:
        return Call("fitdsl.data.readers.cifar.read_cifar", {"labels": labels, "train": train, "test": test})


@final
class CIFAR10(_Cifar):
    """60,000 small photographs: [3, 32, 32] in 0..1, 10 classes, 50,000 to train on and 10,000 to test.

    Reads the binary distribution in `root/cifar-10-batches-bin` or in `root`; fetches it if it is missing.
    Source: Krizhevsky 2009, Learning multiple layers of features from tiny images.
    """

    train: ClassVar[tuple[str, ...]] = tuple(f"data_batch_{number}.bin" for number in range(1, 6))

    @property
    def signature(self) -> Signature:
        """[3, 32, 32], 10 classes, 50,000 examples to train on and 10,000 to test."""
        return Signature(TensorType((3, 32, 32)), 10, train=50_000, test=10_000)

    @property
    def files(self) -> Files:
        """Six files in one archive, with the checksum of TensorFlow Datasets."""
        archive = Download(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        )
        names = (*self.train, "test_batch.bin")
        return Files(names, self.root, folders=("cifar-10-batches-bin", "."), downloads=(archive,))

    def lower(self) -> Call:
        """Reads records of one label byte."""
        return self._reader(labels=1, train=self.train, test="test_batch.bin")


@final
class CIFAR100(_Cifar):
    """60,000 small photographs: [3, 32, 32] in 0..1, 100 (fine) classes, 50,000 to train on and 10,000 to test.

    Reads the binary distribution in `root/cifar-100-binary` or in `root`; fetches it if it is missing.
    Source: Krizhevsky 2009, Learning multiple layers of features from tiny images.
    """

    @property
    def signature(self) -> Signature:
        """[3, 32, 32], 100 classes, 50,000 examples to train on and 10,000 to test."""
        return Signature(TensorType((3, 32, 32)), 100, train=50_000, test=10_000)

    @property
    def files(self) -> Files:
        """Two files in one archive, with the checksum of TensorFlow Datasets."""
        archive = Download(
            "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        )
        return Files(("train.bin", "test.bin"), self.root, folders=("cifar-100-binary", "."), downloads=(archive,))

    def lower(self) -> Call:
        """Reads records of two label bytes, of which the second is the fine one."""
        return self._reader(labels=2, train=("train.bin",), test="test.bin")


@final
class SVHN(Dataset):
    """99,289 house-number digits: [3, 32, 32] in 0..1, 10 classes, 73,257 to train on and 26,032 to test.

    Reads `train_32x32.mat` and `test_32x32.mat` in `root`, or fetches them. The files' label 10 is the digit 0.
    Source: Netzer et al. 2011, Reading digits in natural images.
    """

    root: str = Field("data", description="folder of the two .mat files; relative to the spec")

    @property
    def signature(self) -> Signature:
        """[3, 32, 32], 10 classes, 73,257 examples to train on and 26,032 to test."""
        return Signature(TensorType((3, 32, 32)), 10, train=73_257, test=26_032)

    @property
    def files(self) -> Files:
        """The two files as published, with the checksums of TensorFlow Datasets."""
        base = "http://ufldl.stanford.edu/housenumbers/"
        train, test = "train_32x32.mat", "test_32x32.mat"
        downloads = (
            Download(base + train, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
            Download(base + test, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
        )
        return Files((train, test), self.root, folders=(".", "SVHN"), downloads=downloads)

    def lower(self) -> Call:
        """Reads MATLAB files."""
        return Call("fitdsl.data.readers.svhn.read_svhn")


@final
class Npz(Dataset):
    """Arrays in a file written by `numpy.savez`: x_train, y_train, x_test, y_test.

    `train_images`, `train_labels`, `test_images`, `test_labels` are understood as well. Images may be [n, C, H, W],
    [n, H, W, C] or, with one channel, [n, H, W]. Numbers of type uint8 are pixels and divided by 255; others are taken
    as they are. With `vocab`, examples are sequences of whole numbers below it.
    """

    path: str = Field(description="the .npz file, relative to the spec")
    shape: Shape = Field(description="shape of one example, [C, H, W] for images")
    classes: PositiveInt = Field(description="number of classes; labels run from 0")
    vocab: PositiveInt | None = Field(None, description="number of tokens, for sequences of integers")

    @property
    def signature(self) -> Signature:
        """As declared."""
        return Signature(TensorType(self.shape), self.classes, vocab=self.vocab)

    @property
    def files(self) -> Files:
        """The one file."""
        return Files((self.path,))

    def lower(self) -> Call:
        """Reads numpy archives without unpickling anything."""
        kwargs = {"shape": self.shape, "is_tokens": self.vocab is not None}
        return Call("fitdsl.data.readers.npz.read_npz", kwargs)


@final
class ImageFolder(Dataset):
    """PNG and JPEG files in `train/CLASS/` and `test/CLASS/`; classes are numbered in the order of their names.

    An image of another size is scaled until it covers the shape, and its middle is taken. Needs the package pillow.
    """

    path: str = Field(description="folder that holds `train` and `test`, relative to the spec")
    shape: tuple[Literal[1, 3, 4], PositiveInt, PositiveInt] = Field(
        description="[C, H, W] to bring every image to; C is 1 for grey, 3 for colour, 4 with opacity"
    )
    classes: PositiveInt = Field(description="number of class folders")

    @property
    def signature(self) -> Signature:
        """As declared."""
        return Signature(TensorType(self.shape), self.classes)

    @property
    def files(self) -> Files:
        """The two folders."""
        return Files(("train", "test"), self.path)

    def lower(self) -> Call:
        """Lists the files; each is decoded when it is needed."""
        kwargs = {"shape": self.shape, "classes": self.classes}
        return Call("fitdsl.data.readers.image_folder.read_image_folder", kwargs)


@final
class Synthetic(Dataset):
    """Random examples that can be learned: each is its class's pattern plus noise. The same seed gives the same data.

    With `vocab`, examples are sequences of tokens, each of which is the pattern's token half of the time.
    """

    shape: Shape = Field(description="shape of one example")
    classes: PositiveInt = Field(description="number of classes")
    examples: PositiveInt = Field(1024, description="size of the training part")
    test: PositiveInt = Field(256, description="size of the test part")
    seed: NonNegativeInt = Field(0, description="picks patterns and noise")
    noise: NonNegativeFloat = Field(1.0, description="standard deviation of the noise; patterns have 1")
    vocab: PositiveInt | None = Field(None, description="number of tokens, for sequences of integers")

    @property
    def signature(self) -> Signature:
        """As declared."""
        return Signature(TensorType(self.shape), self.classes, self.examples, self.test, self.vocab)

    def lower(self) -> Call:
        """Draws the examples."""
        kwargs = self.model_dump(exclude={"vocab", "noise"} if self.vocab is None else {"noise"})
        if self.vocab is None:
            return Call("fitdsl.data.readers.synthetic.draw_examples", {**kwargs, "noise": self.noise})
        return Call("fitdsl.data.readers.synthetic.draw_tokens", kwargs)
