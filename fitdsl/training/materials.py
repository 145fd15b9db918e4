"""What a run works with: networks, data and how it is passed through, and stages made ready before any trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

import torch
from torch import nn

from ..backend.seeds import derived_seed
from ..dataclass import dataclass
from ..program.model import Program, StagePlan
from ..source import NOWHERE
from ..work.caching import Caching, caching
from ..work.describe import digest, plain
from .compiled import check_compiler
from .data import Splits, Walk, load_splits
from .networks import Networks, ancestors, build_networks
from .norms import share_norms
from .options import TrainOptions
from .peers import Peers
from .precision import check_precision
from .sharing import check_sharing
from .stage import Stage, prepare


@dataclass(frozen=True, eq=False)
class Materials:
    """What a run works with.

    Attributes:
        program: Whose stages are run.
        options: How.
        device: Where networks and batches are.
        peers: The processes that train together.
        networks: As the stages move them.
        cachings: By stage, what is kept of what does not learn; of those that are prepared.
    """

    program: Program
    options: TrainOptions
    device: torch.device
    peers: Peers
    networks: Networks
    cachings: dict[str, Caching] = field(default_factory=dict)

    @classmethod
    def gathered(cls, program: Program, options: TrainOptions, device: torch.device, peers: Peers) -> Materials:
        """With networks as they are before the first stage.

        Raises:
            FitError: A network from outside cannot be had, or its weights cannot be read.
        """
        networks = build_networks(
            program,
            seed=options.seed,
            base=options.base,
            device=device,
            allow_python=options.allow_python,
        )
        made = cls(program, options, device, peers, networks)
        made._share_norms(networks.modules)
        return made

    def open(self, stages: Iterable[str]) -> None:
        """Open the data of stages.

        Raises:
            FitError: It cannot be read.
        """
        for name in stages:
            self.splits(self.program.stages[name].data)

    def splits(self, data: str) -> Splits:
        """The parts of data by its name, opened once."""
        settings, opened = self.program.data[data], self.options.opened
        key = (digest(plain(settings)), self.options.base, self.options.seed, self.device)
        if key not in opened:
            opened[key] = load_splits(
                settings,
                base=self.options.base,
                seed=self.options.seed,
                device=self.device,
                span=self.program.places.get(data, NOWHERE),
            )
        splits: Splits = opened[key]
        return splits

    def prepared(self, plan: StagePlan) -> Stage:
        """A stage ready to train: before anything trains, so that what cannot work fails at once.

        Raises:
            FitError: This machine or this number of processes cannot do what it asks for.
        """
        splits = self.splits(plan.data)
        check_precision(plan, self.device)
        check_compiler(plan, self.device)
        check_sharing(plan, self.walk(plan), len(splits.train))
        self.cachings[plan.name] = caching(self.program, plan, (len(splits.train), len(splits.val)))
        stage = prepare(
            self.program,
            plan,
            self.networks.modules,
            seed=self.options.seed,
            cut=self.cachings[plan.name].cut,
            examples=len(splits.train),
        )
        self._share_norms(stage.regressors)
        return stage

    def walk(self, plan: StagePlan) -> Walk:
        """How a stage passes through its training split."""
        data = self.program.data[plan.data]
        batch = plan.settings.batch or data.batch
        return Walk(
            batch=batch,
            seed=self.seed(plan, "order"),
            shuffle=True,
            # As the paper: a step always sees a full batch, unless there is no full one.
            drop_last=len(self.splits(plan.data).train) >= batch,
            augment=data.augment,
            draws=derived_seed(self.options.seed, "augmentation"),
            views=data.views,
            peers=self.peers,
        )

    def seed(self, plan: StagePlan, use: str) -> int:
        """A seed for one use in a stage, which is known by how many stages it starts from: its name has no say."""
        return derived_seed(self.options.seed, use, str(len(ancestors(self.program, [plan.name]))))

    def _share_norms(self, modules: Mapping[str, nn.Module]) -> None:
        for module in () if self.peers.is_alone else modules.values():
            share_norms(module)
