"""Networks as pictures: what is drawn, where it stands, and the same in SVG, Mermaid and Graphviz.

`outline` makes items of layers and blocks, `layout` gives each item a box, block by block, and `picture` puts networks,
hints, losses and stages beside each other. Nothing here needs a font, a browser or a graph library.
"""
