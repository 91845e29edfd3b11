"""The blueprint of pages for officers that mix several features."""

from flask import Blueprint

blueprint = Blueprint("backoffice", __name__)
