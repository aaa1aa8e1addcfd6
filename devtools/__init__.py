"""What developers, tests and the demo need beside the product: embedded servers, the demo's supervisor, lint."""
