class Audit < ActiveRecord::Migration[6.1]
  def up
    create_table(:audit, id: false) { |t| t.text :note }
    execute "INSERT INTO audit VALUES ('marked'), ('purged')"
  end
end
