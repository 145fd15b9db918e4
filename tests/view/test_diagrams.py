"""Specs for Graphviz and Mermaid: whole texts, and nothing in them that a spec could turn into markup."""

from __future__ import annotations

import re

import pytest
from pictures import SPECS, net
from programs import small_program
from test_svg import ATTACKS, attacked

from fitdsl.compilation import Compilation
from fitdsl.view.drawing.diagram import diagram
from fitdsl.view.drawing.dot import dot
from fitdsl.view.drawing.mermaid import mermaid

BLOCKS = """
block unit(out) { x = Conv2d(out, 3, padding=1) -> MaxPool2d(1)
  x + input }
---
  s = repeat 8 { unit(8) }
  logits = Linear(2)
"""
DOT = """\
digraph spec {
  graph [fontname="Helvetica", compound=true, nodesep=0.3, ranksep=0.3, labeljust=l];
  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10, height=0.3];
  edge [arrowsize=0.6, color="#57606a"];
  subgraph cluster_g8 {
    label="student net: 4.67K params, 1.18M MACs"; style=rounded; color="#8c959f"; fontsize=11;
    n1 [label="image\\n[8, 16, 16]", fillcolor="#ffffff", color="#1b1f24"];
    subgraph cluster_g6 {
      label="s ×8 unit"; style=rounded; color="#8c959f"; fontsize=11;
      subgraph cluster_g4 {
        label="x"; style=rounded; color="#8c959f"; fontsize=11;
        n2 [label="Conv2d(8, 3, padding=1)\\n[8, 16, 16]", fillcolor="#dceafa", color="#3b74b4"];
        n3 [label="MaxPool2d(1)\\n[8, 16, 16]", fillcolor="#dcf0ea", color="#2f7d66"];
      }
      n5 [label="Add()\\n[8, 16, 16]", fillcolor="#ffffff", color="#1b1f24"];
    }
    n7 [label="Flatten()\\n[2048]", fillcolor="#ffffff", color="#8c959f"];
  }
  n1 -> n2;
  n2 -> n3;
  n3 -> n5;
  n1 -> n5;
  n5 -> n7;
}"""
MERMAID = """\
flowchart TB
  subgraph g6["teacher big: 2.73K params, 11.8K MACs"]
    n1["image<br/>[1, 8, 8]"]:::input
    n2["t1 Conv2d(16, 3, padding=1)<br/>[16, 8, 8]"]:::conv
    n3["pool MaxPool2d(2)<br/>[16, 4, 4]"]:::pool
    n4["flat Flatten()<br/>[256]"]:::shape
    n5["logits Linear(10)<br/>[10]"]:::dense
  end
"""


def test_dot() -> None:
    assert dot(diagram(net(BLOCKS.replace("logits = Linear(2)", "Flatten()")).program)) == DOT


def test_mermaid_of_a_teacher_and_a_student() -> None:
    lines = mermaid(diagram(small_program(), depth=2)).splitlines()
    assert lines[:7] == MERMAID.splitlines()[:7]
    assert lines[8:22] == [
        '  subgraph g13["student small: 2.75K params, 14.1K MACs"]',
        '    n7["image<br/>[1, 8, 8]"]:::input',
        '    subgraph g10["s1"]',
        '      n8["unit (2 layers)<br/>[4, 8, 8]"]:::closed',
        '      n9["unit (2 layers)<br/>[4, 8, 8]"]:::closed',
        "    end",
        '    n11["flat Flatten()<br/>[256]"]:::shape',
        '    n12["logits Linear(10)<br/>[10]"]:::dense',
        "  end",
        '  subgraph g16["hint mid"]',
        '    n14["Conv2d(16, 1)<br/>[16, 8, 8]"]:::conv',
        '    n15["mse()"]:::loss',
        "  end",
        '  n17["ce()<br/>stage distil"]:::loss',
    ]
    assert [line for line in lines if "-.->" in line] == ["  n9 -.-> n14", "  n2 -.-> n15"]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_edge_joins_nodes(path: object) -> None:
    drawn = diagram(Compilation.open(str(path)).program)
    text = dot(drawn)
    nodes = set(re.findall(r"^ *(n\d+) \[label", text, re.MULTILINE))
    assert {end for link in drawn.links for end in (link.tail, link.head)} <= nodes


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_spec_says_stays_in_its_label(attack: str) -> None:
    drawn = diagram(attacked(attack))
    statement = r' *(subgraph cluster_g\d+ \{|\}|label="L"; style=rounded; .*|n\d+ \[label="L", .*\];|n\d+ -> n\d+.*;)'
    label = re.compile(statement.replace("L", r'(?:[^"\\\n]|\\.)*'))
    assert all(label.fullmatch(line) for line in dot(drawn).splitlines()[4:-1])
    quoted = re.findall(r'\["(.*?)"\]', mermaid(drawn))
    assert all(re.fullmatch(r"(?:[^<>\"&;`#]|#\d+;|<br/>)*", text) for text in quoted)
    assert len(mermaid(drawn).splitlines()) == len(mermaid(diagram(small_program())).splitlines())
