from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_mark")]
    operations = [migrations.RunSQL("DELETE FROM people WHERE id > 80")]
