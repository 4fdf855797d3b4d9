"""Macros called at once: a page calls a hundred, and Jinja finds out anew at each call what it wants to be given.

Which macro ``ui.fact_row(…)`` means, and in which place each of its arguments goes, is known when the template that
says so is compiled. The code made here calls the macro's function with its arguments in their places. Other calls of
macros go through :class:`PageMacro`, which does what Jinja's does in fewer steps.
"""

from __future__ import annotations

from functools import partial
from keyword import iskeyword
from typing import Any, Final

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from jinja2.runtime import Macro
from jinja2.utils import missing
from markupsafe import Markup

marked: Final = partial(str.__new__, Markup)
"""Makes Markup of a text without asking whether it is more than one."""
SAID: Final = "said_of_page"
"""The global that stands for ``_`` where the text comes from the page's data."""
PLAIN: Final = frozenset({"csrf_token", "icon", "url_for", SAID})
"""Globals that are ordinary functions: they need nothing of the context."""


class PageMacro(Macro):
    """A macro that puts its arguments in their places quickly."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the macro makes."""
        if args and isinstance(args[0], EvalContext):
            return self.given(args[0].autoescape, args[1:], kwargs)
        return self.given(self._default_autoescape, args, kwargs)

    def given(self, autoescape: bool | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what the macro makes of arguments."""
        wanted = self._argument_count
        if len(args) > wanted or self.catch_kwargs or self.catch_varargs or self.explicit_caller:
            return super().__call__(*args, **kwargs)
        placed = [*args, *[kwargs.pop(name, missing) for name in self.arguments[len(args) :]]] if kwargs else None
        if placed is None:
            placed = [*args, *[missing] * (wanted - len(args))]
        if self.caller:
            caller = kwargs.pop("caller", None)
            placed.append(self._environment.undefined(name="caller") if caller is None else caller)
        if kwargs:
            return super().__call__(*args, **kwargs)  # which tells what is wrong
        made = self._func(*placed)
        return marked(made) if autoescape else made


class PageCode(CodeGenerator):
    """Writes the code of a template, with calls of ``ui`` macros and plain functions as what they are."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802 - as in Jinja
        """Write a call."""
        called = node.node
        if not forward_caller and self._is_plain(node):
            self.visit(called, frame)
            self.write("(")
            for argument in node.args:
                self.visit(argument, frame)
                self.write(", ")
            for pair in node.kwargs:
                self.visit(pair, frame)
                self.write(", ")
            self.write(")")
            return
        placed = self._placed(node, frame, forward_caller)
        if placed is None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write("marked(")
        self.visit(called.node, frame)  # type: ignore[attr-defined]
        self.write(f".{called.attr}._func(")  # type: ignore[attr-defined]
        for one in placed:
            if isinstance(one, str):
                self.write(one)
            else:
                self.visit(one, frame)
            self.write(", ")
        self.write("))")

    def _is_plain(self, node: nodes.Call) -> bool:
        if not isinstance(node.node, nodes.Name) or node.node.name not in PLAIN:
            return False
        unpacked = node.dyn_args is not None or node.dyn_kwargs is not None
        return self.environment.is_lasting and not unpacked and not any(iskeyword(pair.key) for pair in node.kwargs)  # type: ignore[attr-defined]

    def _placed(self, node: nodes.Call, frame: Frame, forward_caller: bool) -> list[nodes.Expr | str] | None:
        """Return the arguments in their places where the call is one of a known macro that is given what it takes."""
        macro = self._macro(node.node)
        if macro is None or not frame.eval_ctx.autoescape or frame.eval_ctx.volatile:
            return None
        named: dict[str, nodes.Expr | str] = {pair.key: pair.value for pair in node.kwargs}
        names = macro.arguments[len(node.args) :]
        if node.dyn_args or node.dyn_kwargs or len(node.args) > len(macro.arguments) or not named.keys() <= {*names}:
            return None
        if forward_caller and not macro.caller:
            return None
        # Python evaluates arguments in the order in which they stand, and so does a template: nothing in one has effects.
        placed: list[nodes.Expr | str] = [*node.args, *(named.get(name, "missing") for name in names)]
        if macro.caller:
            placed.append("caller" if forward_caller else "undefined(name='caller')")
        return placed

    def _macro(self, called: nodes.Expr) -> PageMacro | None:
        if not (isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name) and called.node.name == "ui"):
            return None
        macro = self.environment.known_macro(called.attr)  # type: ignore[attr-defined]
        if type(macro) is not PageMacro or macro.catch_kwargs or macro.catch_varargs or macro.explicit_caller:
            return None
        return macro
