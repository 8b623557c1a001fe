"""Every error that Attaché raises on purpose.

AttacheError
├── InvalidQuestion        an empty, over-long or non-text question
├── InvalidFilter          a filter with an unknown name or value
├── InvalidSetting         an option or environment variable with an impossible value
├── InvalidDocument        bytes or metadata that can't become a document
├── DocumentNotFound       no document with this id
├── DocumentConflict       the id belongs to a document from another source
├── KeysUnavailable        the file of API keys is damaged, or can't be read or written
├── ModelError             an encoder or reader that can't be loaded, or isn't the one it should be
├── ServiceBusy            the service can't answer this question now
│   ├── Overloaded         more questions wait than it takes
│   ├── TimedOut           the question was not answered in the time a question has
│   └── NotReady           the probe question is not answered
└── IndexFailure           anything about the folder an index lies in
    ├── IndexNotFound      no index there
    ├── IndexMismatch      built with another encoder, dimension or format
    ├── IndexDamaged       its bytes aren't what was written
    ├── IndexBusy          another process is changing it
    ├── IndexNotWritable   no right to change it, or no space left
    └── GenerationNotReached  the index has not reached the generation asked for

A message says what is wrong, which value it is about, and what to do.
"""


class AttacheError(Exception):
    """The base of every error below: catch it to catch them all."""


class InvalidQuestion(AttacheError):
    """A question that can't be asked: empty, over-long or not text."""


class InvalidFilter(AttacheError):
    """A filter whose name or value is unknown.

    pointer: JSON pointer of the value inside a request, such as ``/filters/countries/0``.
    """

    def __init__(self, message: str, pointer: str = "/filters") -> None:
        super().__init__(message)
        self.pointer = pointer


class InvalidSetting(AttacheError):
    """An option or environment variable with an impossible value."""


class InvalidDocument(AttacheError):
    """Bytes or metadata that can't become a document."""


class DocumentNotFound(AttacheError):
    """No document has this id."""


class DocumentConflict(AttacheError):
    """The id already belongs to a document from another source."""


class KeysUnavailable(AttacheError):
    """The file of API keys is damaged, or can't be read or written."""


class ModelError(AttacheError):
    """An encoder or reader that can't be loaded, or isn't the one it should be."""


class ServiceBusy(AttacheError):
    """The service can't answer this question now; it may in a moment."""


class Overloaded(ServiceBusy):
    """More questions wait than the service takes."""


class TimedOut(ServiceBusy):
    """The question was not answered in the time that a question has."""


class NotReady(ServiceBusy):
    """The probe question is not answered."""


class IndexFailure(AttacheError):
    """Anything about the folder an index lies in."""


class IndexNotFound(IndexFailure):
    """There is no index in the folder."""


class IndexMismatch(IndexFailure):
    """The index was built with another encoder, dimension or format."""


class IndexDamaged(IndexFailure):
    """The bytes of the index aren't what was written."""


class IndexBusy(IndexFailure):
    """Another process is changing the index."""


class IndexNotWritable(IndexFailure):
    """The index can't be changed: no right to write, or no space left."""


class GenerationNotReached(IndexFailure):
    """The index has not reached the generation that the request asked for."""
