from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunSQL("UPDATE people SET born = NULL WHERE id <= 7")]
