"""Parameters that a function uses as keys unchanged, so that its callers name the artifact."""
from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from flake8_artifact_pin.source.lookup import dotted
from flake8_artifact_pin.source.scopes import FUNCTIONS
from flake8_artifact_pin.source.scopes import Scope
from flake8_artifact_pin.source.templates import KeyParameter
from flake8_artifact_pin.source.templates import Template

_KEY_LIKE = re.compile(r"blob|dest|file|key|location|name|object|path|target|ur[il]", re.IGNORECASE)
# Arguments at the key's place in functions that only share a method's name: ``upload_file(key, path, content_type)``.
_UNLIKE_KEY = re.compile(r"acl|bucket|client|content|cred|header|meta|mime|type", re.IGNORECASE)
_SCHEME = re.compile(r"\A\w+://")
_EXTENSION = re.compile(r"(?<=\0)(?:\.\w+)+\Z")


def key_parameters(scope: Scope) -> Mapping[str, KeyParameter]:
    """Return the parameters of a function's scope by their names."""
    function = scope.node
    assert isinstance(function, FUNCTIONS)
    arguments = function.args
    is_method = scope.parent is not None and isinstance(scope.parent.node, ast.ClassDef)
    is_static = any(dotted(decorator) == "staticmethod" for decorator in function.decorator_list)
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    positional = positional[is_method and not is_static:]
    places = {argument.arg: [f"{argument.arg}="] for argument in (*arguments.args, *arguments.kwonlyargs)}
    for index, name in enumerate(positional):
        places.setdefault(name, []).append(str(index))
    if arguments.vararg:
        places[arguments.vararg.arg] = []
    if arguments.kwarg:
        places[arguments.kwarg.arg] = ["Key=", "key="]
    return {
        name: KeyParameter(scope.name, function.lineno, name, is_method, tuple(where)) for name, where in places.items()
    }


def whole_parameter(template: Template) -> KeyParameter | None:
    """Return the parameter that is used as the key unchanged; None if the function names the artifact itself.

    If the parameter's name is like a key's (key, name, path), it may have a prefix without letters, a prefix from a
    variable, and an extension. A constant (in capitals) names an artifact.
    """
    names = [part for part in template if not part.is_known]
    if not names or names[-1].parameter is None or any(part.text.rpartition(".")[2].isupper() for part in names):
        return None
    parameter = names[-1].parameter
    if _UNLIKE_KEY.search(parameter.name) and not _KEY_LIKE.search(parameter.name):
        return None
    text = "".join(part.text if part.is_known else "\0" for part in template)
    is_as_it_stands = len(template) == 1 or _KEY_LIKE.search(parameter.name)
    has_name = any(character.isalpha() for character in _EXTENSION.sub("", _SCHEME.sub("", text)))
    return parameter if is_as_it_stands and not has_name else None


def is_like_key(name: str) -> bool:
    """Return whether a variable is named like a key, and not like a client, a bucket or a content type."""
    return _KEY_LIKE.search(name) is not None and _UNLIKE_KEY.search(name) is None
