import django.db.models.deletion
from django.db import migrations, models

NAMES = {"admins": "Call centre admins", "supervisors": "Call centre supervisors"}
# These were there when the first version made the roles, so a role got their permissions.
FIRST_MODELS = (
    "agent",
    "application",
    "agentgroup",
    "call",
    "credential",
    "language",
    "mode",
    "textoverride",
    "trunk",
    "inboundnumber",
    "trunkroute",
    "callevent",
)


def remember_given(apps, schema_editor):
    """What the roles of an existing installation were given; the first version kept no record of it.

    A later model counts as given if the role holds any of its permissions: then the role was made after that model,
    and what it lacks was taken away by an operator.
    """
    database = schema_editor.connection.alias
    Group = apps.get_model("auth", "Group")
    Role = apps.get_model("ccsdk", "Role")
    for kind, name in NAMES.items():
        group = Group.objects.using(database).filter(name=name).first()
        if group is not None:
            Role.objects.using(database).create(kind=kind, group=group, given=given_to(apps, group, database))


def given_to(apps, group, database):
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    ours = permissions.filter(content_type__app_label="ccsdk")
    held = group.permissions.using(database).filter(content_type__app_label="ccsdk")
    models_of_role = {*FIRST_MODELS, *held.values_list("content_type__model", flat=True)}
    return sorted(ours.filter(content_type__model__in=models_of_role).values_list("codename", flat=True))


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('ccsdk', '0007_trunk_sources'),
    ]

    operations = [
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('admins', 'Call centre admins'), ('supervisors', 'Call centre supervisors')], max_length=16, unique=True, verbose_name='kind')),
                ('given', models.JSONField(default=list, verbose_name='permissions given')),
                ('group', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='ccsdk_role', to='auth.group', verbose_name='group')),
            ],
            options={
                'verbose_name': 'role',
                'verbose_name_plural': 'roles',
                'default_permissions': (),
            },
        ),
        migrations.RunPython(remember_given, migrations.RunPython.noop, elidable=True),
    ]
