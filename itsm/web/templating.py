"""Templates compiled once a language, so that a page does not look the same things up again at every request.

A page says a hundred fixed texts, draws as many icons and names a dozen static files; together they cost more than its
SQL. None of them depends on anything but the language and the address this process is mounted at, so there is one
environment for each pair of the two, in which ``_('…')``, ``icon('…')``, ``asset_url('…')`` and ``url_for('…')`` with
fixed arguments are called when the template is compiled. What they answer then stands in the code as if it had been
written into the template. Nothing of a person, a session or a request but these two gets in.

The compiled templates live as long as the process, as the files and catalogues they come from do. In development,
where files change under a running process, only the texts are settled early.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from types import FunctionType, MethodType
from typing import Any, Final

from flask import has_request_context, request, url_for
from flask.templating import Environment as FlaskEnvironment
from flask_babel import get_locale
from jinja2 import Template, nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from markupsafe import _escape_inner as _escaped  # type: ignore[attr-defined]

from itsm.web import assets, texts
from itsm.web.components import Components
from itsm.web.macros import SAID, PageCode, PageMacro, marked

TEXTS: Final = frozenset({"_", "gettext"})
FIXED: Final = frozenset({"icon", "asset_url", "asset_integrity", "url_for"})
MOST_ENVIRONMENTS: Final = 16
MOST_ADDRESSES: Final = 2048
_PLAIN: Final = (FunctionType, MethodType)


def said(message: str) -> Markup:
    """Return a text that a page found in its data, as ``_`` returns it; Jinja asks its context four times on the way."""
    text = texts.plain(message)
    found: Markup = marked(text % {} if "%" in text else text)
    return found


class PageTemplate(Template):
    """A template whose output is escaped by :func:`shown`."""

    @classmethod
    def _from_namespace(
        cls, environment: Any, namespace: MutableMapping[str, Any], globals: MutableMapping[str, Any]
    ) -> Template:
        namespace.update(escape=shown, Macro=PageMacro, marked=marked)
        return super()._from_namespace(environment, namespace, globals)


def shown(value: Any) -> str:
    """Return a value as it stands in a page: as :func:`markupsafe.escape` does, without making Markup of each piece.

    The pieces are joined to one page anyway; making a Markup of every cell took a tenth of a list's time.
    """
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if kind is Markup:
        return str.__str__(value)
    return str(value) if kind is int else escape(value)


class PageContext(Context):
    """A context that calls macros and plain functions at once, where Jinja asks each what it wants to be given."""

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja: names of arguments are free
        """Call what a template calls."""
        kind = type(__obj)
        if kind is PageMacro:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return __obj.given(__self.eval_ctx.autoescape, args, kwargs)
        if kind in _PLAIN and not hasattr(__obj, "jinja_pass_arg"):
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return __obj(*args, **kwargs)
        return super().call(__obj, *args, **kwargs)


class Addresses:
    """``url_for`` for templates at one mount point: where only numbers change, an address is filled in, not built anew.

    Simple words (``what='priority'``) are few, and each has a pattern of its own.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], str] = {}

    def __call__(self, endpoint: str, known: tuple[tuple[str, Any], ...] = (), /, **values: Any) -> str:
        """Return the address of an endpoint; ``known`` are all arguments that the template names, None for those given."""
        words = []
        for value in values.values():
            if type(value) is str and value.isidentifier() and value.isascii():
                words.append(value)
            elif type(value) is not int or value < 0:
                return url_for(endpoint, **_together(known, values))
        key = (endpoint, known, tuple(values), tuple(words))
        pattern = self._known.get(key)
        if pattern is None:
            if endpoint.startswith("."):
                return url_for(endpoint, **_together(known, values))
            if len(self._known) >= MOST_ADDRESSES:
                self._known.clear()
            pattern = self._known[key] = self._pattern(endpoint, known, values)
        return pattern % values

    def _pattern(self, endpoint: str, known: tuple[tuple[str, Any], ...], values: Mapping[str, Any]) -> str:
        """Return the address with a place for each number: it is built once with numbers that nothing else has."""
        marks: dict[str, Any] = {
            name: value if type(value) is str else 10**17 + place for place, (name, value) in enumerate(values.items())
        }
        pattern = url_for(endpoint, **_together(known, marks)).replace("%", "%%")
        for name, mark in marks.items():
            if type(mark) is int:
                pattern = pattern.replace(str(mark), f"%({name})d")
        return pattern


def _together(known: tuple[tuple[str, Any], ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an address in the order in which the template names them."""
    return {name: values[name] if value is None else value for name, value in known} or dict(values)


class Environment(FlaskEnvironment):
    """Flask's environment; templates are loaded in the one that belongs to the reader's language."""

    template_class = PageTemplate
    context_class = PageContext
    code_generator_class = PageCode
    settled: frozenset[str] = frozenset()
    """The globals that are called while compiling; none in the environment that only finds the right one."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._compiled: dict[tuple[str, str | None], Environment] = {}

    def compiled(self) -> Environment:
        """Return the environment of this reader's language and this mount point."""
        if self.settled:
            return self
        key = (str(get_locale()), request.script_root if has_request_context() else None)
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= MOST_ENVIRONMENTS:
                self._compiled.clear()
            found = self._compiled[key] = self._of_its_own()
        return found

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template:
        """Return a template made of a text."""
        if not self.settled:
            return self.compiled().from_string(source, globals, template_class)
        return super().from_string(source, globals, template_class)

    @property
    def is_lasting(self) -> bool:
        """Say whether what is compiled stays as it is; in development files change under the process."""
        return self.settled > TEXTS

    def known_macro(self, name: str) -> Any:
        """Return the ``ui`` macro of this name where it stays what it is."""
        return getattr(self.globals["ui"], name, None) if self.is_lasting else None

    def _of_its_own(self) -> Environment:
        made = self.overlay()
        made.settled = TEXTS if self.auto_reload else TEXTS | FIXED
        made.globals = {**self.globals, "ui": Components(made), SAID: said}
        if made.settled > TEXTS and has_request_context():
            made.globals |= {"icon": assets.settled_icon(), "url_for": Addresses()}
        return made

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return a template's globals: a copy, which is quicker to hand to every context than Jinja's chain of maps."""
        return {**self.globals, **(d or {})} if self.settled else super().make_globals(d)

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        if not self.settled:
            return self.compiled()._load_template(name, globals)
        return super()._load_template(name, globals)

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        if self.settled:
            source = _Settling(self, name, source).visit(source)
        return super()._generate(source, name, filename, defer_init)


class _Settling(NodeTransformer):
    """Puts the answer in the place of a call that has only one."""

    def __init__(self, environment: Environment, name: str | None, source: nodes.Template) -> None:
        self._environment = environment
        self._context = environment.context_class(environment, environment.globals, name, {})
        self._names = environment.settled - _made_here(source)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor finds it by this name
        """Return what the call answers, where that is certain."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name not in self._names or node.dyn_args:
            return node
        if node.node.name in TEXTS and self._is_of_the_page(node):
            return nodes.Call(nodes.Name(SAID, "load"), node.args, [], None, None, lineno=node.lineno)
        if node.dyn_kwargs or not all(isinstance(given, nodes.Const) for given in node.args):
            return node
        values = [given.value for given in node.args if isinstance(given, nodes.Const)]
        named = {pair.key: pair.value.value for pair in node.kwargs if isinstance(pair.value, nodes.Const)}
        if node.node.name in TEXTS and len(values) == 1:
            return self._text(node, values[0])
        if node.node.name == "url_for" and node.kwargs:
            return self._address(node, named)
        if len(named) < len(node.kwargs) or (node.node.name == "url_for" and values[0].startswith(".")):
            return node
        return self._called(node, values, named)

    def _address(self, node: nodes.Call, named: dict[str, Any]) -> nodes.Node:
        """Return a call of :class:`Addresses` that tells apart what is fixed and what comes with the page."""
        known = self._environment.globals.get("url_for")
        plain = all(isinstance(value, str | int) and not name.startswith("_") for name, value in named.items())
        if not isinstance(known, Addresses) or not named or not plain or len(node.args) != 1:
            return node
        node.args.append(
            nodes.Const(tuple((pair.key, named.get(pair.key)) for pair in node.kwargs), lineno=node.lineno)
        )
        node.kwargs = [pair for pair in node.kwargs if pair.key not in named]
        return node

    def _called(self, node: nodes.Call, values: list[Any], named: Mapping[str, Any]) -> nodes.Node:
        try:
            answer = self._context.call(self._environment.globals[node.node.name], *values, **named)  # type: ignore[attr-defined]
            return nodes.Const.from_untrusted(answer, lineno=node.lineno, environment=self._environment)
        except Exception:  # the page that gets there will tell
            return node

    def _is_of_the_page(self, node: nodes.Call) -> bool:
        """Say whether a call asks for a text that only the page knows, and that takes no values."""
        plain = len(node.args) == 1 and not node.kwargs and not node.dyn_kwargs
        return plain and not isinstance(node.args[0], nodes.Const) and bool(self._context.eval_ctx.autoescape)

    def _text(self, node: nodes.Call, message: str) -> nodes.Node:
        """Return a text in the language of this environment; the values that it takes are filled in when it is shown."""
        text: nodes.Expr = nodes.Const(texts.plain(message), lineno=node.lineno)
        if self._context.eval_ctx.autoescape:
            text = nodes.Const(nodes.MarkSafe(text).as_const(self._context.eval_ctx), lineno=node.lineno)
        values = [nodes.Pair(nodes.Const(pair.key), pair.value) for pair in node.kwargs]
        return nodes.Mod(text, nodes.Dict(values), lineno=node.lineno, environment=self._environment)


def _made_here(source: nodes.Template) -> set[str]:
    """Return the names that a template gives to things of its own: a parameter may be called like a global."""
    made = {name.name for name in source.find_all(nodes.Name) if name.ctx != "load"}
    made |= {imported.target for imported in source.find_all(nodes.Import)}
    for imported in source.find_all(nodes.FromImport):
        made |= {name[1] if isinstance(name, tuple) else name for name in imported.names}
    return made | {macro.name for macro in source.find_all(nodes.Macro)}
