"""How two specs differ in what they mean: matched by names, then by structure, as a document, a text and a table."""
