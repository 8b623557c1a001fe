"""A collection of two notes and three questions on it, for the tests of the evaluation."""

from eval.question_sets import Question

PERU = "Lima built 16 aircraft. The ambassador lives in Lima. Four aircraft came by ship."
LAC = "The forum opened in March. Ministers of eleven countries signed a plan."

BUILT = Question(
    "q1", "How many aircraft were built in Lima?", "number", ("16", "16 aircraft"), "peru",
    "Lima built 16 aircraft.", True, "development",
)  # fmt: skip
SIGNED = Question(
    "q2", "Who signed a plan?", "person", ("Ministers of eleven countries",), "lac",
    "Ministers of eleven countries signed a plan.", True, "reported",
)  # fmt: skip
UNKNOWN = Question(
    "q3", "Which river crosses Bogotá?", "unanswerable", (), None, None, False, "development"
)


def ignore(done: int, total: int) -> None: ...
