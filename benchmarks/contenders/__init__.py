"""The nets that are timed: each trains the same `Problem` by means of its own.

A contender is made from a problem. Its ``run()`` trains from the problem's starting
parameters for the problem's epochs, and its ``scores(X)`` tells what came of it: scores
whose softmax are the probabilities.
"""
