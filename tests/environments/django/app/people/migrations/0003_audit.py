from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0002_purge")]
    operations = [
        migrations.RunSQL("CREATE TABLE audit (note text)"),
        migrations.RunSQL("INSERT INTO audit VALUES ('marked'), ('purged')"),
    ]
