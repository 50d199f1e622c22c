"""Parses the part of SOQL that the sandbox understands; anything else is refused as MALFORMED_QUERY.

SELECT of fields, parent paths and child subqueries, COUNT(), WHERE, ORDER BY, LIMIT, OFFSET.
"""

from typing import NoReturn

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql import Compare, Condition, Joined, Literal, Path, Query, Sort, Within
from sandbox.salesforce.soql_tokens import Token, complaint, like_pattern, tokens, unescaped

STATEMENT_LIMIT = 100_000
"""Characters of a whole statement (SOQL and SOSL limits)."""
STRING_LIMIT = 4_000
"""Characters of one string in a WHERE (the same)."""
OFFSET_LIMIT = 2_000
PARENT_LEVELS = 5
KEYWORDS = frozenset({"select", "from", "where", "order", "limit", "offset", "and", "or", "not", "by", "asc", "desc"})


def parse(text: str) -> Query:
    """Raises ApiError (400 MALFORMED_QUERY) saying where."""
    if len(text) > STATEMENT_LIMIT:
        raise ApiError(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {STATEMENT_LIMIT} characters.")
    parser = _Parser(text)
    query = parser.query(depth=0)
    parser.expect_end()
    return query


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.position = 0

    def fail(self, at: int, message: str) -> NoReturn:
        raise ApiError(400, "MALFORMED_QUERY", complaint(self.text, at, message))

    def unexpected(self) -> NoReturn:
        self.fail(self.next.at, f"unexpected token: '{self.next.text}'")

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        self.position += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take these words or signs when they come next, all of them."""
        ahead = self.tokens[self.position : self.position + len(words)]
        if [token.word for token in ahead] != list(words) or ahead[0].kind not in {"name", "sign"}:
            return False
        self.position += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            self.unexpected()

    def expect_end(self) -> None:
        if self.next.kind != "end":
            self.unexpected()

    def path(self) -> Path:
        token = self.next
        if token.kind != "name" or token.word in KEYWORDS:
            self.unexpected()
        self.take()
        parts = tuple(token.text.split("."))
        if len(parts) > PARENT_LEVELS + 1:
            self.fail(token.at, f"only {PARENT_LEVELS} levels of parent relationships are allowed in a query")
        return Path(parts=parts, at=token.at)

    def query(self, *, depth: int) -> Query:
        self.expect("select")
        count = self.accept("count", "(", ")")
        fields = [] if count else self.fields(depth)
        self.expect("from")
        entity = self.path()
        query = Query(entity=".".join(entity.parts), entity_at=entity.at, fields=fields, count=count)
        if self.accept("where"):
            query.where = self.condition(depth)
        if self.accept("order", "by"):
            query.sorts = self.sorts()
        if self.accept("limit"):
            query.limit = self.whole()
        if self.accept("offset"):
            at = self.next.at
            query.offset = self.whole()
            if query.offset > OFFSET_LIMIT:
                message = f"Maximum SOQL offset allowed is {OFFSET_LIMIT}"
                raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", complaint(self.text, at, message))
        return query

    def fields(self, depth: int) -> list[Path | Query]:
        found: list[Path | Query] = []
        while True:
            if depth == 0 and self.accept("("):
                found.append(self.query(depth=1))
                self.expect(")")
            else:
                found.append(self.path())
            if not self.accept(","):
                return found

    def whole(self) -> int:
        if self.next.kind != "number" or not self.next.text.isdecimal():
            self.unexpected()
        return int(self.take().text)

    def sorts(self) -> list[Sort]:
        found = []
        while True:
            path = self.path()
            descending = self.accept("desc")
            if not descending:
                self.accept("asc")
            nulls_last = self.accept("nulls", "last")
            if not nulls_last:
                self.accept("nulls", "first")
            found.append(Sort(path=path, descending=descending, nulls_last=nulls_last))
            if not self.accept(","):
                return found

    def condition(self, depth: int) -> Condition:
        parts = [self.term(depth)]
        connective = next((word for word in ("and", "or") if self.next.word == word), None)
        if connective is None:
            return parts[0]
        while self.accept(connective):
            parts.append(self.term(depth))
        if self.next.word in {"and", "or"}:  # the two may not be mixed without parentheses
            self.unexpected()
        if connective == "or":
            self.refuse_semi_joins(parts)
        return Joined(connective=connective, parts=parts)

    def term(self, depth: int) -> Condition:
        if self.accept("not"):
            parts = [self.term(depth)]
            self.refuse_semi_joins(parts)
            return Joined(connective="not", parts=parts)
        if self.accept("("):
            inner = self.condition(depth)
            self.expect(")")
            return inner
        return self.comparison(depth)

    def refuse_semi_joins(self, parts: list[Condition]) -> None:
        for part in parts:
            if isinstance(part, Within) and isinstance(part.choices, Query):
                self.fail(part.path.at, "Semi join sub-selects are only allowed at the top level WHERE expressions")
            if isinstance(part, Joined):
                self.refuse_semi_joins(part.parts)

    def comparison(self, depth: int) -> Condition:
        path = self.path()
        negated = self.accept("not", "in")
        if negated or self.accept("in"):
            return Within(path=path, negated=negated, choices=self.choices(depth))
        if self.accept("like"):
            return Compare(path=path, sign="like", literal=self.literal())
        if self.next.kind != "sign" or self.next.text in {"(", ")", ","}:
            self.unexpected()
        sign = self.take().text
        return Compare(path=path, sign="!=" if sign == "<>" else sign, literal=self.literal())

    def choices(self, depth: int) -> list[Literal] | Query:
        self.expect("(")
        if self.next.word == "select":
            if depth > 1:
                self.fail(self.next.at, "Nesting of semi join sub-selects is not supported")
            found: list[Literal] | Query = self.query(depth=2)
        else:
            found = [self.literal()]
            while self.accept(","):
                found.append(self.literal())
        self.expect(")")
        return found

    def literal(self) -> Literal:
        token = self.next
        if token.kind == "string":
            self.take()
            if len(token.text) - 2 > STRING_LIMIT:
                self.fail(token.at, f"a string in a WHERE clause cannot be longer than {STRING_LIMIT} characters")
            try:
                return Literal(
                    kind="string", value=unescaped(token.text), at=token.at, pattern=like_pattern(token.text)
                )
            except ValueError as error:
                self.fail(token.at, str(error))
        if token.kind == "name" and token.word in {"true", "false", "null"}:
            self.take()
            return Literal(kind="null" if token.word == "null" else "boolean", value=token.word, at=token.at)
        if token.kind not in {"number", "date", "datetime"}:
            self.unexpected()
        self.take()
        return Literal(kind=token.kind, value=token.text, at=token.at)
