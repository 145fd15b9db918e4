"""Each construct of the language becomes the node that it is."""

from __future__ import annotations

import pytest
from corpus import CORPUS, parsed

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.syntax import nodes as n


def name(text: str) -> n.Identifier:
    return n.Identifier(text)


def value(text: str) -> n.Expr:
    """What the right side of a let is."""
    (let,) = parsed(f"let x = {text}\n").declarations
    assert isinstance(let, n.Let)
    return let.value


def argument(text: str) -> n.Expr:
    """What a single argument of a call is."""
    call = value(f"f({text})")
    assert isinstance(call, n.Call)
    return call.arguments[0].value


def flow(text: str) -> n.Statement:
    """What a line of a network is."""
    (student,) = parsed(f"student s() {{\n{text}\n}}\n").declarations
    assert isinstance(student, n.Network)
    (line,) = student.body.statements
    return line


A, B, C = n.Name("a"), n.Name("b"), n.Name("c")
ONE, TWO, THREE = n.Number(1), n.Number(2), n.Number(3)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_every_known_text_is_read_without_findings(text: str) -> None:
    assert parsed(text).declarations


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("40_000", 40_000),
        ("1M", 1_000_000),
        ("862K", 862_000),
        ("2G", 2 * 10**9),
        ("1.5M", 1_500_000),
        ("1.9996M", 1_999_600),
        ("1.2345K", 1234.5),
        ("5e-3", 0.005),
        ("1E3", 1000.0),
        ("0.25", 0.25),
        (".5", 0.5),
        ("1_0.2_5", 10.25),
    ],
)
def test_numbers(text: str, number: float) -> None:
    read = value(text)
    assert isinstance(read, n.Number)
    assert (read.value, type(read.value), read.spelling) == (number, type(number), text)


def test_strings_resolve_escapes() -> None:
    assert value(r'"a \"b\" \\ \n\t\r \u00e9 #"') == n.String('a "b" \\ \n\t\r é #')


def test_booleans_and_lists_and_dictionaries() -> None:
    assert value("[true, [false,],]") == n.List((n.Boolean(True), n.List((n.Boolean(False),))))
    keys = value('{train: 1, "b c": 2, 3: a, student[..s2]: 0.1,}')
    address = n.Index(n.Name("student"), n.Range(None, n.Name("s2")))
    assert keys == n.Dict(
        (
            n.Entry(n.Name("train"), ONE),
            n.Entry(n.String("b c"), TWO),
            n.Entry(THREE, A),
            n.Entry(address, n.Number(0.1)),
        )
    )


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", n.Binary("+", A, n.Binary("*", B, C))),
        ("a - b - c", n.Binary("-", n.Binary("-", A, B), C)),
        ("(a + b) // c", n.Binary("//", n.Binary("+", A, B), C)),
        ("a ** b ** c", n.Binary("**", A, n.Binary("**", B, C))),
        ("-a ** 2", n.Unary("-", n.Binary("**", A, TWO))),
        ("2 ** -a", n.Binary("**", TWO, n.Unary("-", A))),
        ("not a == b and c", n.Binary("and", n.Unary("not", n.Binary("==", A, B)), C)),
        ("a or b and not c", n.Binary("or", A, n.Binary("and", B, n.Unary("not", C)))),
        ("a % b <= +c", n.Binary("<=", n.Binary("%", A, B), n.Unary("+", C))),
    ],
)
def test_operators_bind_as_in_python(text: str, tree: n.Expr) -> None:
    assert value(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("5..400", n.Range(n.Number(5), n.Number(400))),
        ("..s2", n.Range(None, n.Name("s2"))),
        ("s2..", n.Range(n.Name("s2"), None)),
        ("a + 1 .. -b", n.Range(n.Binary("+", A, ONE), n.Unary("-", B))),
    ],
)
def test_ranges_stand_in_arguments_and_indexes(text: str, tree: n.Expr) -> None:
    assert argument(text) == tree
    assert value(f"a[{text}]") == n.Index(A, tree)


def test_calls_take_arguments_by_position_and_by_name() -> None:
    assert value("f(1, k=2, in=3,)(a).b") == n.Attribute(
        n.Call(
            n.Call(n.Name("f"), (n.Argument(None, ONE), n.Argument(name("k"), TWO), n.Argument(name("in"), THREE))),
            (n.Argument(None, A),),
        ),
        name("b"),
    )


def test_an_address_looks_like_attributes() -> None:
    body = n.Attribute(n.Name("student"), name("body"))
    assert value("student.body[0].main") == n.Attribute(n.Index(body, n.Number(0)), name("main"))


def test_chains_are_flat_and_bind_loosest() -> None:
    assert value("a -> b + c -> (b -> c)") == n.Chain((A, n.Binary("+", B, C), n.Chain((B, C))))


def test_a_list_of_flows_is_a_merge() -> None:
    assert flow("[a, b -> f()] -> c") == n.Flow(None, n.Chain((n.List((A, n.Chain((B, n.Call(n.Name("f"), ()))))), C)))


def test_labels_and_lets_in_a_body() -> None:
    assert flow("let x = a") == n.Let(name("x"), A)
    assert flow("x = a -> b") == n.Flow(name("x"), n.Chain((A, B)))


def test_repeats_are_steps_of_a_chain() -> None:
    inner = n.Repeat(name("w"), n.List((ONE, TWO)), n.Body((n.Flow(None, n.Name("w")),)))
    outer = n.Repeat(None, THREE, n.Body((n.Flow(name("x"), A), n.Flow(None, B))))
    assert flow("repeat w in [1, 2] { w } -> repeat 3 {\n x = a\n b }") == n.Flow(None, n.Chain((inner, outer)))


def test_only_a_body_on_one_line_is_inline() -> None:
    bodies = [value("repeat 2 { a }"), value("repeat 2 {\n a }")]
    assert [isinstance(repeat, n.Repeat) and repeat.body.inline for repeat in bodies] == [True, False]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("{a, b}", n.Choice((A, B))),
        ("{{a: 1}, [2],}", n.Choice((n.Dict((n.Entry(A, ONE),)), n.List((TWO,))))),
        ("1..6", n.RangeDomain(ONE, n.Number(6))),
        ("1 .. a step 2", n.RangeDomain(ONE, A, TWO)),
        ("log(1 .. a)", n.RangeDomain(ONE, A, log=True)),
        ("log2(8) .. 6", n.RangeDomain(n.Call(n.Name("log2"), (n.Argument(None, n.Number(8)),)), n.Number(6))),
        ("[{a}] * 3", n.Draws(n.Choice((A,)), THREE)),
        ("[[1..2] * a] * 3", n.Draws(n.Draws(n.RangeDomain(ONE, TWO), A), THREE)),
        ("[a, b][0] .. 3", n.RangeDomain(n.Index(n.List((A, B)), n.Number(0)), THREE)),
    ],
)
def test_domains(text: str, domain: n.Domain) -> None:
    assert parsed(f"param p = 1 in {text}\n").declarations == (n.Param(name("p"), ONE, domain),)


def test_a_param_may_have_no_domain() -> None:
    assert parsed("param p = {a: 1}\n").declarations == (n.Param(name("p"), n.Dict((n.Entry(A, ONE),)), None),)


def test_a_network_has_inputs_options_and_weights() -> None:
    text = 'teacher t(image: d.input, init = uniform(0.005)) { a } from "w"\n'
    init = n.Argument(name("init"), n.Call(n.Name("uniform"), (n.Argument(None, n.Number(0.005)),)))
    image = n.Input(name("image"), n.Attribute(n.Name("d"), name("input")))
    body = n.Body((n.Flow(None, A),))
    network = n.Network("teacher", name("t"), (image,), (init,), body, n.String("w"))
    assert parsed(text).declarations == (network,)


def test_a_network_may_come_from_outside() -> None:
    call = n.Call(n.Name("torchvision"), (n.Argument(None, n.String("r")), n.Argument(name("weights"), n.String("w"))))
    assert parsed('teacher big = torchvision("r", weights="w")\n').declarations == (
        n.External("teacher", name("big"), call),
    )


def test_a_block_has_parameters() -> None:
    parameters = (n.Parameter(name("out"), None), n.Parameter(name("stride"), ONE))
    assert parsed("block b(out, stride = 1,) { a }\n").declarations == (
        n.Block(name("b"), parameters, n.Body((n.Flow(None, A),))),
    )


def test_a_hint_may_have_no_braces() -> None:
    hint = n.Hint(name("mid"), A, B, ())
    assert parsed("hint mid: a guides b\nhint mid: a guides b {}\n").declarations == (hint, hint)


def test_stages_name_those_before_them() -> None:
    after = (name("a"), name("b"))
    assert parsed("stage c after a,\n  b {\n  epochs = 1\n}\nstage d {}\n").declarations == (
        n.Stage(name("c"), after, (n.Setting(name("epochs"), ONE),)),
        n.Stage(name("d"), (), ()),
    )


def test_words_of_the_language_stay_free_as_names() -> None:
    text = """\
stage search {
  stage = hint(mid, data=search, step=log, from=after)
  train = teacher.student.use.repeat
  true  = val.loss
  let   = 1
}
data param { source = fit }
"""
    stage, data = parsed(text).declarations
    assert isinstance(stage, n.Stage)
    assert [setting.name.text for setting in stage.settings] == ["stage", "train", "true", "let"]
    assert data == n.Data(name("param"), (n.Setting(name("source"), n.Name("fit")),))


def test_a_line_goes_on_after_an_operator_a_comma_in_brackets_and_before_an_arrow() -> None:
    text = "let x = a +\n\n  b  # c\n  # d\n\n  -> f(\n    1,\n\n    2\n  )[\n 0] -> \n {\n a: 1\n}\n"
    call = n.Call(n.Name("f"), (n.Argument(None, ONE), n.Argument(None, TWO)))
    steps = (n.Binary("+", A, B), n.Index(call, n.Number(0)), n.Dict((n.Entry(A, ONE),)))
    assert parsed(text).declarations == (n.Let(name("x"), n.Chain(steps)),)


def test_line_ends_tabs_and_a_byte_order_mark_do_not_matter() -> None:
    text = "# c\nfit 1\n\nstage a {\n  epochs = [1,\n    2]  # d\n}\nstage b after a { epochs = 1 }\n"
    assert (
        parsed("\ufeff" + text) == parsed(text.replace("\n", "\r\n")) == parsed(text.replace(" ", "\t")) == parsed(text)
    )


def test_a_text_need_not_end_its_last_line() -> None:
    assert parsed("fit 1") == parsed("fit 1\n# nothing")


def test_spans_cover_what_was_written() -> None:
    spec = parsed("student s(image: d.input) {\n  x = (a + b) -> f(1)\n}\n")
    (student,) = spec.declarations
    assert isinstance(student, n.Network)
    (line,) = student.body.statements
    assert isinstance(line, n.Flow)
    assert isinstance(line.value, n.Chain)
    assert [node.span.text for node in (student.name, student.inputs[0], line, *line.value.steps)] == [
        "s",
        "image: d.input",
        "x = (a + b) -> f(1)",
        "(a + b)",
        "f(1)",
    ]


@pytest.mark.parametrize("text", ["let x 3\n", "techer t(x: [3]) { ReLU() }\n", "let x = f(1 2)\n", "let x: 3\n"])
def test_an_edit_that_mends_a_text_is_called_what_its_help_says(text: str) -> None:
    (finding,) = Compilation(Source("x.fit", f"fit 1\n{text}")).diagnostics
    assert [fix.title for fix in finding.fixes] == list(finding.helps)


def test_the_comment_right_above_a_declaration_is_its_documentation() -> None:
    spec = parsed("fit 1\n# far\n\n# near\n# nearer\nlet x = 1  # behind\n")
    assert spec.declarations[0].doc == "near\nnearer"
