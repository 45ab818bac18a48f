"""`python -m cafer_tf.cli` is `cafer`."""

from cafer_tf.cli import main

main()
