"""One file an area: each has ``run(setting)``, which gives a `Result`, and is imported only when it is measured."""
