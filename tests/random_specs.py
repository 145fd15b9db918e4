"""Random small specs with spaces: shared widths, sums that must fit, choices of blocks and ops, depths, hints, stages.

Hints also lead inside one student and from one student to another; stages also train what lies behind a place or
between two; requirements also have decimal factors, and lets in them.
"""

from __future__ import annotations

from random import Random

LIMIT = 32
"""A space has at most about so many students, so that each can be built."""


def random_spec(seed: int) -> str:
    """A spec whose defaults mostly type-check."""
    return _Writer(Random(seed)).spec()


class _Writer:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.params: list[str] = []
        self.size = 1
        self.widths: list[str] = []
        self.labels: list[str] = []
        self.has_second = False

    def turned(self, name: str, values: list[str]) -> str:
        values = values[: max(LIMIT // self.size, 1)]
        self.size *= len(values)
        self.params.append(f"param {name} = {values[0]} in {{{', '.join(values)}}}")
        return name

    def spec(self) -> str:
        random = self.random
        for number in range(random.randint(1, 2)):
            widths = random.sample(["4", "6", "8", "12"], random.randint(2, 3))
            self.widths.append(self.turned(f"w{number}", widths))
        if random.random() < 0.5 and self.size <= LIMIT // 4:
            length = 2 if self.size * 4 > LIMIT // 2 else 3
            self.size *= 2**length
            self.params.append(f"param ws = [{', '.join(['4'] * length)}] in [{{4, 8}}] * {length}")
            self.widths += [f"ws[{place}]" for place in range(length)]
        if random.random() < 0.3:
            self.params.append(f"let twice = {self.widths[0]} * 2")
            self.widths.append("twice")
        if random.random() < 0.15:
            self.params.append(f"let third = 24 // ({self.widths[0]} - 6)")
            self.widths.append("third")
        lines = [self.line(number) for number in range(random.randint(2, 5))]
        student = "\n".join(f"  {line}" for line in lines)
        last = random.choice(
            ["Flatten() -> Linear(d.classes)", "AdaptiveAvgPool2d(1) -> Flatten() -> Linear(d.classes)"]
        )
        text = "\n".join(["fit 1", *self.params, BLOCKS, f"student s(image: d.input) {{\n{student}\n  {last}\n}}"])
        return f"{text}\n{self.second()}{self.stages()}{self.search()}"

    def second(self) -> str:
        """Sometimes another student."""
        if self.random.random() < 0.75:
            return ""
        self.has_second = True
        lines = f"  m = unit({self.width()}) -> slim({self.width()})\n  Flatten() -> Linear(d.classes)"
        return f"student u(image: d.input) {{\n{lines}\n}}\n"

    def width(self) -> str:
        return self.random.choice([*self.widths, "6"])

    def line(self, number: int) -> str:
        random, label = self.random, f"l{number}"
        self.labels.append(label)
        match random.randrange(11):
            case 0:
                depth = self.turned(f"n{number}", random.sample(["0", "1", "2", "3"], 2))
                return f"{label} = repeat {depth} {{ unit({self.width()}) }}"
            case 1:
                chosen = self.turned(f"b{number}", random.sample(["unit", "slim", "twin"], 2))
                return f"{label} = {chosen}({self.width()})"
            case 2:
                op = self.turned(f"op{number}", random.sample(["ReLU", "Tanh", "Flatten", "SiLU"], 2))
                return f"{label} = unit({self.width()}) -> {op}()"
            case 3:
                return f"{label} = residual({self.width()}, {self.width()})"
            case 4:
                stride = self.turned(f"k{number}", random.sample(["1", "2", "3", "9"], 2))
                return f"{label} = Conv2d({self.width()}, {stride}) -> ReLU()"
            case 5 if "ws[0]" in self.widths:
                return f"{label} = repeat w in ws {{ unit(w) }}"
            case 6:
                return f"{label} = [unit({self.width()}), slim({self.width()})] -> Concat()"
            case 7 if "ws[0]" in self.widths:
                return f"{label} = stack(ws, {self.width()})"
            case 8:
                depth = self.turned(f"n{number}", random.sample(["0", "1", "2"], 2))
                inner = random.choice(["unit(6)", "Conv2d(6, 1)", "ReLU()"])
                return f"{label} = [Conv2d(6, 1) -> repeat {depth} {{ {inner} }}, unit({self.width()})] -> Concat()"
            case 9 if number > 1:
                op = self.turned(f"op{number}", random.sample(["ReLU", "Tanh", "Flatten"], 2))
                before = random.choice(self.labels[:-1])
                return f"{label} = {before} -> {op}()"
            case 10 if number:
                side = self.turned(f"b{number}", random.sample(["unit", "slim", "bare"], 2))
                return f"{label} = {random.choice(self.labels[:-1])} -> {side}({self.width()})"
        return f"unit({self.width()}) -> MaxPool2d(2)" if random.random() < 0.4 else f"{label} = unit({self.width()})"

    def stages(self) -> str:
        random, label = self.random, self.random.choice(self.labels)
        if random.random() < 0.3:
            return STAGE
        other = random.choice(self.labels)
        place = random.choice([f"s.{label}", f"s.{label}[1]", "goal"])
        hint = random.choice([f"t.f guides {place}"] * 3 + [f"s.{other} guides s.{label}"])
        if self.has_second:
            hint = random.choice([f"s.{label} guides u.m", f"u.m guides {place}"])
        target = hint.split()[-1]
        own = target[0] if target != "goal" else "s"
        inside = [f"{own}[..h]", f"{own}[{label}..]", f"{own}[{label}..{other}]", f"{own}.{label}"]
        if own == "u":
            inside = ["u[..h]", "u[m..]", "u.m"]
        train = random.choice([own, own, *inside])
        rest = random.choice(["s", "s", f"s[{label}..]", f"s[{other}..{label}]", f"[s.{label}, s.{other}]"])
        goal = f"let goal = s.{label}\n" if "goal" in hint else ""
        stages = HINT_STAGE.replace("TRAIN", train).replace("REST", rest)
        return f"{goal}hint h: {hint}\n{STAGE}{stages}"

    def search(self) -> str:
        random = self.random
        choices = [
            f"params(s) <= {random.choice([1500, 3000, 6000])}",
            f"macs(s) * 2 <= macs(t) * {random.choice([1, 3, 9])}",
            f"weights(s) >= {random.choice([500, 1500])}",
            f"params(s) <= 2000 or macs(s) <= {random.choice([20000, 60000])}",
            f"{self.widths[0]} <= 8",
            f"macs(s) <= 90K and activations(s) < {random.choice([2000, 4000])}",
            f"params(s) + {self.widths[-1]} * 100 <= 4000",
            f"macs(s) * 0.1 <= {random.choice([3000, 4500.7])}",
            f"params(s) / 1000 < {random.choice([1.41, 2.9])}",
            "params(s) * 0.5 + macs(s) * 0.25 <= 20K",
            "load * 3 <= 270K",
        ]
        chosen = ", ".join(random.sample(choices, random.randint(0, 3)))
        load = "let load = macs(s) + weights(s) * 2\n" if "load" in chosen else ""
        return f"{load}search {{\n  maximize = val.accuracy\n{f'  require = [{chosen}]' if chosen else ''}\n}}\n"


BLOCKS = """
data d { source = Digits() }
block unit(out) { Conv2d(out, 3, padding=1) -> ReLU() }
block bare(out) { MaxPool2d(1) }
block slim(out, k = 1) {
  let inner = out // 2
  Conv2d(inner, k)
  c = Conv2d(out, k)
}
block twin(out) {
  unit(out)
  unit(out + 2)
}
block residual(a, b) {
  x = unit(a)
  y = unit(b)
  x + y
}
block stack(list, out) {
  repeat v in list { residual(v, v) }
  unit(sum(list) - out + 8)
}
teacher t(image: d.input) {
  f = Conv2d(8, 3) -> ReLU() -> MaxPool2d(2)
  Flatten() -> Linear(d.classes)
}
"""
STAGE = "stage learn { train = t\n loss = ce()\n optimizer = SGD(lr=0.1)\n epochs = 1 }\n"
HINT_STAGE = """stage guide after learn { train = TRAIN
 loss = hint(h)
 optimizer = SGD(lr=0.1)
 epochs = 1 }
stage distil after guide { train = REST
 loss = ce() + kd(temperature=2.0)
 optimizer = SGD(lr=0.1)
 epochs = 1 }
"""
