"""How a bank registers its answers: right ones, and wrong ones with a piece of the message each must get."""


def bank():
    """(RIGHT, WRONG, right, wrong, in_bulk): two dictionaries by item, and what fills them."""
    RIGHT, WRONG = {}, {}

    def right(item):
        """Register the function under it as a right answer."""
        return lambda function: RIGHT.setdefault(item, []).append(function) or function

    def wrong(item, piece):
        """Register the function under it as a wrong answer that must get a message with `piece` in it."""
        return lambda function: WRONG.setdefault(item, []).append((function, piece)) or function

    def in_bulk(item, answers):
        """Register wrong answers given as {(name, piece): function}."""
        for (name, piece), function in answers.items():
            function.__name__ = name
            wrong(item, piece)(function)

    return RIGHT, WRONG, right, wrong, in_bulk
