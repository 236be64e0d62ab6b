from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.problem_code import ProblemCode, check_problem_code

T = TypeVar("T", bound="Problem")


@_attrs_define
class Problem:
    """An error (RFC 9457). `detail` is one sentence for people; programs read `code`. `param` names the parameter, the
    field of
    the body or the header at fault; `request_id` is the one of the answer's header.

        Attributes:
            code (ProblemCode):
            detail (str):
            param (None | str):
            request_id (str):
            status (int):
            title (str):
            type_ (str):
    """

    code: ProblemCode
    detail: str
    param: None | str
    request_id: str
    status: int
    title: str
    type_: str

    def to_dict(self) -> dict[str, Any]:
        code: str = self.code

        detail = self.detail

        param: None | str
        param = self.param

        request_id = self.request_id

        status = self.status

        title = self.title

        type_ = self.type_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "detail": detail,
                "param": param,
                "request_id": request_id,
                "status": status,
                "title": title,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = check_problem_code(d.pop("code"))

        detail = d.pop("detail")

        def _parse_param(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        param = _parse_param(d.pop("param"))

        request_id = d.pop("request_id")

        status = d.pop("status")

        title = d.pop("title")

        type_ = d.pop("type")

        problem = cls(
            code=code,
            detail=detail,
            param=param,
            request_id=request_id,
            status=status,
            title=title,
            type_=type_,
        )

        return problem
