import os
from urllib.parse import urlparse

from django.conf import settings
from django.core.management import execute_from_command_line

url = urlparse(os.environ["DATABASE_URL"])
settings.configure(
    # The first writes rows of its own behind all migrations.
    INSTALLED_APPS=["django.contrib.contenttypes", "people"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": url.hostname,
            "USER": url.username,
            "PASSWORD": url.password,
            "NAME": url.path[1:],
        }
    },
)
execute_from_command_line()
