"""What remains of runs: packed, listed, tagged, pruned, sent to others and taken from them.

The folders of ``histories.archive`` are the truth. Nothing here keeps anything that cannot be
made again from them, and each change is a file written beside, made durable, and renamed.
"""
