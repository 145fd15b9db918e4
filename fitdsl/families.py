"""Which module defines which component, so that a spec loads the families it names and no others.

Defining a component registers it; this index only says where to look first. A test holds it to the classes, and a name
that it lacks is still found: then every family is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, str] = {
    "ops.activation": "ReLU LeakyReLU PReLU ReLU6 GELU SiLU Hardswish Hardsigmoid Sigmoid Tanh ELU Softmax",
    "ops.combine": "Add Sub Mul Concat Split",
    "ops.conv": "Conv1d Conv2d Conv3d MaxoutConv2d ConvTranspose2d",
    "ops.dense": "Linear Maxout",
    "ops.norm": "BatchNorm1d BatchNorm2d InstanceNorm2d GroupNorm LayerNorm LocalResponseNorm",
    "ops.pool": (
        "MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d "
        "AdaptiveMaxPool2d"
    ),
    "ops.shape": "Identity Flatten Unflatten Reshape Permute Transpose ChannelShuffle",
    "losses.distillation": "kd",
    "losses.feature": "mse l2 l1 smooth_l1 hint",
    "losses.task": "ce",
    "optim.caching": "auto memory disk off",
    "optim.clipping": "norm value",
    "optim.initializers": "uniform kaiming xavier",
    "optim.optimizers": "SGD Adam AdamW NAdam RAdam Adamax Adagrad Adadelta RMSprop RMSpropFloor",
    "optim.schedules": "constant ramp cosine steps exponential polynomial one_cycle warmup",
    "optim.stopping": "patience best",
    "data.datasets": "Digits MNIST FashionMNIST CIFAR10 CIFAR100 SVHN Npz ImageFolder Synthetic",
    "graph.regressors": "conv fc pointwise strided transposed identity",
    "ops.attention": "MultiheadAttention QueryAttention TransformerEncoderLayer SqueezeExcite",
    "ops.dropout": "Dropout Dropout2d DropPath",
    "ops.recurrent": "LSTM GRU",
    "ops.resize": "Upsample PixelShuffle ZeroPad2d",
    "ops.tokens": "Embedding PositionalEmbedding ClassToken",
    "losses.learned": "vid ft mgd crd",
    "losses.logits": "dkd dist jsd mlkd",
    "losses.maps": "at nst ab ofd cwd ickd pkd srd",
    "losses.relations": "pkt sp cc rkd_distance rkd_angle",
    "losses.several": "fsp reviewkd",
    "data.augmentation": (
        "RandomCrop RandomHorizontalFlip RandomVerticalFlip RandomRotation RandomErasing Cutout ColorJitter "
        "GaussianNoise"
    ),
    "data.preparation": "GCN ZCA Standardize Normalize Scale Resize CenterCrop Pad",
    "graph.attending": "attention",
    "graph.sources": "torchvision timm python",
    "space.samplers": "random grid tpe nsga2 evolution asha stopping median hyperband none",
    "training.loggers": "tensorboard wandb mlflow",
}
"""Words of the components that each module of this package defines."""

HOMES: Mapping[str, str] = {word: family for family, words in FAMILIES.items() for word in words.split()}
"""The module of each word."""
