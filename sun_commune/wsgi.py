"""Door for WSGI servers: ``gunicorn sun_commune.wsgi:app``."""

from sun_commune import create_app

app = create_app()
